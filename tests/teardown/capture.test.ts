import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { captureFiles, ensureCapture, takeCapture, verifiedCapture } from "../../teardown/capture.ts";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { JujuClient } from "../../teardown/clients/juju.ts";
import { openRun, type Run } from "../../teardown/run/run-directory.ts";
import {
  fakeJuju,
  modelUuid,
  otherUuid,
  problemOf,
  quickClock,
  recordedLab,
  settingsWith,
} from "./support/fakes.ts";

const applications = { keystone: { charm: "keystone" }, nova: { charm: "nova" } };
const good = {
  bundle: stringify({ series: "jammy", applications }),
  status: stringify({ model: { name: "openstack" }, applications }),
  models: stringify({ models: [{ "model-uuid": otherUuid }, { "model-uuid": modelUuid }] }),
};
const by = (engine: string | undefined) => ({ by: "provider" as const, engine });
const failing = (error: Error) => async () => {
  throw error;
};

describe("capture", () => {
  let root = "";
  let run: Run;
  let asked = 0;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "capture-"));
    asked = 0;
    run = openRun(
      { backupRoot: root, backupLabel: "pre", project: "p", stack: "s", modelUuid },
      recordedLab(),
      quickClock().now,
    );
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const context = (
    texts: Partial<Record<keyof typeof good, string | (() => Promise<string>)>> = {},
    settings: Record<string, unknown> = {},
    more: Partial<JujuClient> = {},
  ) => {
    const all = { ...good, ...texts };
    const answer = (key: keyof typeof good) => async () => {
      asked++;
      const text = all[key];
      return typeof text === "string" ? text : await text();
    };
    return {
      clock: quickClock(),
      settings: settingsWith(settings),
      juju: fakeJuju([], {
        exportBundle: answer("bundle"),
        statusYaml: answer("status"),
        modelsYaml: answer("models"),
        ...more,
      }),
    };
  };
  const path = (name: string) => join(run.directory, name);
  const events = () => run.journal.events().map(({ event }) => event);
  const fails = async (texts: Parameters<typeof context>[0], settings?: Record<string, unknown>) => {
    const { code, message } = await problemOf(takeCapture(context(texts, settings), run, by("1@1")));
    expect(code, message).to.equal("capture");
    expect(message).to.include("no verified capture: ").and.to.include("\nNothing was destroyed.\n");
    expect(verifiedCapture(run.directory)).to.equal(undefined);
    expect(events()).to.deep.equal(["run-opened", "capture-started", "capture-failed"]);
    return message;
  };

  it("writes the runbook's three files, for their owner alone, with sums that sha256sum checks", async () => {
    const files = await takeCapture(context(), run, by("1@1"));
    expect(files.map(({ name }) => name)).to.deep.equal([
      "bundle-pre-destroy.yaml",
      "juju-status-pre-destroy.yaml",
      "juju-models-pre-destroy.yaml",
    ]);
    for (const { name, bytes, sha256 } of files) {
      const text = readFileSync(path(name));
      expect([bytes, sha256]).to.deep.equal([text.length, createHash("sha256").update(text).digest("hex")]);
      expect(statSync(path(name)).mode & 0o777).to.equal(0o600);
    }
    expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(good.bundle);
    expect(readFileSync(path(captureFiles.sums), "utf8")).to.equal(
      files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""),
    );
    expect(verifiedCapture(run.directory)).to.deep.equal(files);
    expect(run.journal.events().at(-1)).to.deep.include({
      event: "captured",
      by: "provider",
      engine: "1@1",
      files,
      withoutBundle: false,
    });
  });

  it("asks for the recorded model on the recorded controller", async () => {
    const addresses: string[] = [];
    const told = (text: string) => async (address: string) => {
      addresses.push(address);
      return text;
    };
    await takeCapture(
      context(
        {},
        {},
        { exportBundle: told(good.bundle), statusYaml: told(good.status), modelsYaml: told(good.models) },
      ),
      run,
      by("1@1"),
    );
    expect(addresses).to.deep.equal(["maas-lab:admin/openstack", "maas-lab:admin/openstack", "maas-lab"]);
  });

  it("takes a bundle of several documents, as one with an overlay is", async () => {
    const overlay = `${good.bundle}--- # overlay.yaml\n${stringify({ applications: { keystone: { offers: {} } } })}`;
    await takeCapture(context({ bundle: overlay }), run, by("1@1"));
    expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(overlay);
  });

  const broken: [string, Parameters<typeof context>[0], RegExp][] = [
    ["a bundle that is empty", { bundle: "" }, /bundle-pre-destroy.yaml holds no application/],
    ["a bundle without applications", { bundle: "applications: {}\n" }, /holds no application/],
    ["a bundle that is not YAML", { bundle: "applications: [\n" }, /bundle-pre-destroy.yaml does not parse/],
    ["a bundle that was cut off", { bundle: `applications:\n  keystone: {charm: "key` }, /does not parse/],
    [
      "a bundle of another model",
      { bundle: stringify({ applications: { ceph: {} } }) },
      /holds ceph, which juju status does not know/,
    ],
    [
      "a status of another model",
      { status: stringify({ model: { name: "other" }, applications }) },
      /is not about the model openstack/,
    ],
    ["a status as a failed call prints it", { status: "{}\n" }, /is not about the model openstack/],
    ["a status that is not YAML", { status: "\t{" }, /juju-status-pre-destroy.yaml does not parse/],
    [
      "a list without the model",
      { models: stringify({ models: [{ "model-uuid": otherUuid }] }) },
      /does not list the model 11111111/,
    ],
    ["a list as a failed call prints it", { models: "{}\n" }, /does not list the model/],
    [
      "no bundle, for a reason that passes",
      { bundle: failing(jujuError("timeout", "juju did not answer")) },
      /juju did not answer[\s\S]*When juju answers again: pulumi destroy/,
    ],
    [
      "no list",
      { models: failing(jujuError("unreachable", "no route")) },
      /no route[\s\S]*When juju answers again: pulumi destroy/,
    ],
  ];
  for (const [what, texts, message] of broken) {
    it(`is not verified with ${what}, and no file is left that says so`, async () => {
      expect(await fails(texts)).to.match(message);
      expect(existsSync(path(captureFiles.sums))).to.equal(false);
    });
  }

  it("unfolds no bomb of aliases", async () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(", ")}]\n`;
    const bomb = `a: &a [x, x, x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}${good.bundle}`;
    expect(await fails({ bundle: bomb })).to.match(/alias/i);
  });

  it("fails when the model has nothing left to export, with the setting that does without", async () => {
    const nothing = failing(jujuError("failed", "nothing to export as there are no applications"));
    const message = await fails({ bundle: nothing });
    expect(message).to.include("the model admin/openstack has no application left to export");
    expect(message).to.include(`To go on without a bundle: pulumi destroy -c withoutBundle=${modelUuid}`);
  });

  it("does without a bundle when the configuration says so, and writes the other two", async () => {
    const nothing = failing(jujuError("failed", "nothing to export as there are no applications"));
    const files = await takeCapture(
      context({ bundle: nothing }, { withoutBundle: modelUuid }),
      run,
      by("1@1"),
    );
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.status, captureFiles.models]);
    expect(run.journal.events().at(-1)).to.deep.include({ event: "captured", withoutBundle: true });
  });

  it("does not do without a bundle that could not be read, whatever the configuration says", async () => {
    expect(
      await fails({ bundle: failing(jujuError("timeout", "too slow")) }, { withoutBundle: modelUuid }),
    ).to.include("too slow");
  });

  it("fails when the model is gone and was never captured; goes on without when that is allowed", async () => {
    const gone = failing(jujuError("not-found", "model not found"));
    expect(await fails({ bundle: gone, status: gone })).to.match(/is gone|holds no capture/);
    const files = await takeCapture(
      context({ bundle: gone, status: gone }, { withoutBundle: modelUuid }),
      run,
      by("1@1"),
    );
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.models]);
  });

  it("needs no permission when there was no model at `up`: there is nothing to capture it from", async () => {
    const { model: _, ...withoutModel } = recordedLab();
    const without = { ...run, lab: { ...withoutModel } };
    const files = await takeCapture(context(), without, by("1@1"));
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.models]);
  });

  it("says how to choose another place when it cannot be written", async () => {
    const nowhere = { ...run, directory: join(root, "nothing") };
    const { code, message } = await problemOf(takeCapture(context(), nowhere, by("1@1")));
    expect(code).to.equal("capture");
    expect(message).to.include("ENOENT").and.to.include("pulumi destroy -c backupRoot=<folder>");
  });

  it("is no longer verified once a file was changed, lost, or its sum", async () => {
    const spoil: [string, () => void][] = [
      ["changed", () => appendFileSync(path(captureFiles.models), " ")],
      ["lost", () => rmSync(path(captureFiles.status))],
      ["no sums", () => rmSync(path(captureFiles.sums))],
      ["empty sums", () => writeFileSync(path(captureFiles.sums), "")],
      ["broken sums", () => writeFileSync(path(captureFiles.sums), "nothing\n")],
    ];
    for (const [what, how] of spoil) {
      await takeCapture(context(), run, by("1@1"));
      expect(verifiedCapture(run.directory), what).to.have.length(3);
      how();
      expect(verifiedCapture(run.directory), what).to.equal(undefined);
    }
  });

  describe("of a run", () => {
    const ensured = (engine: string | undefined, settings = {}) =>
      ensureCapture(context({}, settings), run, by(engine));

    it("is taken once in one destroy, though Backup and provider both ask", async () => {
      await ensured("1@1");
      await ensured("1@1");
      expect(asked).to.equal(3);
    });

    it("is taken anew by the next destroy while nothing was destroyed, or when it cannot tell", async () => {
      await ensured("1@1");
      await ensured("2@2");
      expect(asked).to.equal(6);
      await ensured(undefined);
      await ensured(undefined);
      expect(asked).to.equal(12);
    });

    it("is kept by every destroy once something was destroyed", async () => {
      await ensured("1@1");
      run.journal.write({ event: "release-called", hostname: "a", systemId: "b", attempt: 1 });
      const files = await ensured("2@2");
      expect(asked).to.equal(3);
      expect(files).to.deep.equal(verifiedCapture(run.directory));
    });

    it("is taken again when it no longer holds", async () => {
      await ensured("1@1");
      appendFileSync(path(captureFiles.bundle), "x");
      await ensured("1@1");
      expect(asked).to.equal(6);
      expect(verifiedCapture(run.directory)).to.have.length(3);
    });

    it("is not replaced by one that fails", async () => {
      await ensured("1@1");
      const before = readFileSync(path(captureFiles.bundle), "utf8");
      const error = await problemOf(ensureCapture(context({ bundle: "" }), run, by("2@2")));
      expect(error.code).to.equal("capture");
      expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(before);
      expect(verifiedCapture(run.directory)).to.have.length(3);
    });
  });
});
