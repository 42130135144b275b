import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { ensureCapture, takeCapture } from "../../teardown/capture.ts";
import { type JujuProblem, jujuError } from "../../teardown/clients/juju/errors.ts";
import type { JujuClient, Presence } from "../../teardown/clients/juju.ts";
import {
  captureFiles,
  captureState,
  outcomesLeft,
  takeOutcomes,
  verifiedCapture,
} from "../../teardown/run/captured.ts";
import { openRun, type Run } from "../../teardown/run/run-directory.ts";
import {
  fakeJuju,
  modelUuid,
  otherUuid,
  problemOf,
  quickClock,
  recordedLab,
  recordedModel,
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
      signal: new AbortController().signal,
      juju: fakeJuju([], {
        exportBundle: answer("bundle"),
        statusYaml: answer("status"),
        modelsYaml: answer("models"),
        ...more,
      }),
    };
  };
  const verified = () => verifiedCapture(run.directory, run.journal.events());
  const path = (name: string) => join(run.directory, name);
  const events = () => run.journal.events().map(({ event }) => event);
  const fails = async (texts: Parameters<typeof context>[0], settings?: Record<string, unknown>) => {
    const { code, message } = await problemOf(takeCapture(context(texts, settings), run, by("1@1")));
    expect(code, message).to.equal("capture");
    expect(message).to.include("no verified capture: ").and.to.include("\nNothing was destroyed.\n");
    expect(verified()).to.equal(undefined);
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
    expect(verified()).to.deep.equal(files);
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

  it("asks for all models where a superuser's own list lacks the recorded one", async () => {
    const modelsYaml = async (_controller: string, { all = false } = {}) =>
      all ? good.models : stringify({ models: [] });
    await takeCapture(context({}, {}, { modelsYaml }), run, by("1@1"));
    expect(readFileSync(path(captureFiles.models), "utf8")).to.equal(good.models);
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
    const nothing = failing(jujuError("nothing-to-export", "there is nothing"));
    const message = await fails({ bundle: nothing });
    expect(message).to.include("the model admin/openstack has no application left to export");
    expect(message).to.include(`To go on without a bundle: pulumi destroy -c withoutBundle=${modelUuid}`);
  });

  it("does without a bundle when the configuration says so, and writes the other two", async () => {
    const nothing = failing(jujuError("nothing-to-export", "there is nothing"));
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

  const notFound = failing(jujuError("not-found", "model not found"));
  const goneTexts = {
    bundle: notFound,
    status: notFound,
    models: stringify({ models: [{ "model-uuid": otherUuid }] }),
  };
  const goOn = `To go on without a bundle: pulumi destroy -c withoutBundle=${modelUuid}`;

  it("fails when the model is gone and was never captured; goes on without when that is allowed", async () => {
    const message = await fails(goneTexts);
    expect(message).to.include("the model admin/openstack is gone, and this run holds no capture of it");
    expect(message.split("\n").at(-1)).to.equal(goOn);
    expect(run.journal.events().at(-1)).to.deep.include({ problem: { code: "no-bundle", life: "gone" } });
    const files = await takeCapture(context(goneTexts, { withoutBundle: modelUuid }), run, by("1@1"));
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.models]);
  });

  it("names in its command the models, too, that were permitted before", async () => {
    expect(await fails(goneTexts, { withoutBundle: otherUuid })).to.include(
      `-c withoutBundle=${otherUuid},${modelUuid}`,
    );
  });

  it("does not take the export of a dying model for the lab's bundle", async () => {
    const models = stringify({ models: [{ "model-uuid": modelUuid, life: "dying" }] });
    const message = await fails({ models });
    expect(message).to.include("the model admin/openstack is dying already, and this run holds no capture");
    expect(message.split("\n").at(-1)).to.equal(goOn);
    const files = await takeCapture(context({ models }, { withoutBundle: modelUuid }), run, by("1@1"));
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.status, captureFiles.models]);
    expect(run.journal.events().at(-1)).to.deep.include({ event: "captured", withoutBundle: true });
  });

  it("does without what a dying model no longer answers, where that is allowed", async () => {
    const models = stringify({ models: [{ "model-uuid": modelUuid, life: "dying" }] });
    const failed = failing(jujuError("failed", "application not found"));
    const texts = { bundle: failed, status: failed, models };
    const files = await takeCapture(context(texts, { withoutBundle: modelUuid }), run, by("1@1"));
    expect(files.map(({ name }) => name)).to.deep.equal([captureFiles.models]);
  });

  it("does not take a model for gone because of its name, or of a list that lacks it", async () => {
    const { models } = goneTexts;
    expect(await fails({ models }, { withoutBundle: modelUuid })).to.match(
      /does not list the model 11111111/,
    );
  });

  it("tells a model of the same name from the recorded one", async () => {
    const models = stringify({ models: [{ name: "admin/openstack", "model-uuid": otherUuid }] });
    expect(await fails({ models })).to.include(`(${otherUuid}) is another model than the one recorded`);
    expect(run.journal.events().at(-1)).to.deep.include({ problem: { code: "rebuilt", uuid: otherUuid } });
  });

  describe("on Juju 4.0", () => {
    const alive = {
      status: stringify({
        model: { name: "openstack" },
        applications: { keystone: { life: "alive" }, nova: { life: "alive" }, heat: { life: "dying" } },
      }),
    };
    const none = failing(jujuError("unsupported", "Juju 4.0 doesn't support exporting bundles"));
    const composed = `# Composed, not exported\n${good.bundle}`;
    const composing = {
      composeBundle: async (_address: string, onProgress?: (at: { done: number; total: number }) => void) => {
        for (let done = 1; done <= 60; done++) onProgress?.({ done, total: 60 });
        return composed;
      },
    };

    it("composes the bundle, and says so in the journal and while it does", async () => {
      const said: string[] = [];
      const asking = {
        ...context({ ...alive, bundle: none }, {}, composing),
        say: (text: string) => said.push(text),
      };
      const files = await takeCapture(asking, run, by("1@1"));
      expect(files).to.have.length(3);
      expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(composed);
      expect(statSync(path(captureFiles.bundle)).mode & 0o777).to.equal(0o600);
      expect(run.journal.events().at(-1)).to.deep.include({ event: "captured", composed: true });
      expect(said).to.have.length(10);
      expect(said.at(-1)).to.equal("no export-bundle here: composing the bundle, 60 of 60 answers");
    });

    it("verifies it like one that was exported, whose applications are called alive", async () => {
      const lacking = { composeBundle: async () => stringify({ applications: { keystone: {} } }) };
      const error = await problemOf(
        takeCapture(context({ ...alive, bundle: none }, {}, lacking), run, by("1@1")),
      );
      expect(error.message).to.include("bundle-pre-destroy.yaml is cut off: it lacks nova\n");
    });

    it("does not compose one for any other reason", async () => {
      const asked = { composeBundle: failing(new Error("composed")) };
      for (const kind of ["failed", "timeout", "forbidden"] as const) {
        const error = await problemOf(
          takeCapture(context({ bundle: failing(jujuError(kind, kind)) }, {}, asked), run, by("1@1")),
        );
        expect(error.message).to.include(`no verified capture: ${kind}`);
      }
    });

    it("finds an empty model as empty as an export does", async () => {
      const asked = { composeBundle: failing(jujuError("nothing-to-export", "empty")) };
      const error = await problemOf(takeCapture(context({ bundle: none }, {}, asked), run, by("1@1")));
      expect(error.message).to.include("has no application left to export").and.to.include(goOn);
    });
  });

  it("ends within its bounds, and says that it was told to", async () => {
    const stopping = new AbortController();
    stopping.abort({ why: "deadline", after: 60_000 });
    const stopped = { ...context(), signal: stopping.signal };
    const { code, message } = await problemOf(takeCapture(stopped, run, by("1@1")));
    expect(code).to.equal("deadline");
    expect(message).to.match(/^the deadline of 1 min has passed; nothing was destroyed\n/);
    expect(run.journal.events().at(-1)).to.deep.include({ problem: { code: "stopped", why: "deadline" } });
    expect(existsSync(path(captureFiles.bundle))).to.equal(false);
  });

  it("gives the kind of juju's failure as data", async () => {
    await fails({ bundle: failing(jujuError("login-expired", "juju login")) });
    expect(run.journal.events().at(-1)).to.deep.include({ problem: { code: "juju", kind: "login-expired" } });
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

  it("is no longer verified once a file was changed or lost, or the sums say other things than the journal", async () => {
    const sums = () => readFileSync(path(captureFiles.sums), "utf8");
    const spoil: [string, () => void, string, "changed" | "missing"][] = [
      ["changed", () => appendFileSync(path(captureFiles.models), " "), captureFiles.models, "changed"],
      ["lost", () => rmSync(path(captureFiles.status)), captureFiles.status, "missing"],
      ["no sums", () => rmSync(path(captureFiles.sums)), captureFiles.sums, "missing"],
      ["empty sums", () => writeFileSync(path(captureFiles.sums), ""), captureFiles.sums, "changed"],
      [
        "broken sums",
        () => writeFileSync(path(captureFiles.sums), "nothing\n"),
        captureFiles.sums,
        "changed",
      ],
      [
        "fewer sums",
        () => writeFileSync(path(captureFiles.sums), sums().split("\n").slice(1).join("\n")),
        captureFiles.sums,
        "changed",
      ],
      [
        "a file changed together with its sum",
        () => {
          const text = "applications: {}\n";
          const sum = createHash("sha256").update(text).digest("hex");
          writeFileSync(path(captureFiles.bundle), text);
          writeFileSync(path(captureFiles.sums), sums().replace(/^\w+/, sum));
        },
        captureFiles.bundle,
        "changed",
      ],
      [
        "a link to the same text",
        () => {
          renameSync(path(captureFiles.models), join(root, "elsewhere"));
          symlinkSync(join(root, "elsewhere"), path(captureFiles.models));
        },
        captureFiles.models,
        "changed",
      ],
    ];
    for (const [what, how, file, now] of spoil) {
      await takeCapture(context(), run, by("1@1"));
      expect(verified(), what).to.have.length(3);
      how();
      expect(captureState(run.directory, run.journal.events()), what).to.deep.equal({
        state: "broken",
        file,
        now,
      });
    }
  });

  it("is not verified by files and sums that no journal knows", async () => {
    await takeCapture(context(), run, by("1@1"));
    rmSync(path("journal.jsonl"));
    expect(captureState(run.directory, run.journal.events())).to.deep.equal({ state: "none" });
  });

  describe("of a run", () => {
    let life = "alive";
    let looks = 0;
    beforeEach(() => {
      life = "alive";
      looks = 0;
    });
    const presence = async () => {
      looks++;
      if (life === "lost") throw jujuError("not-logged-in", "juju login");
      if (life === "unreachable") {
        const problem: JujuProblem = { kind: "unreachable", command: "juju models", said: [] };
        return { state: "unclear", reasons: [{ code: "unreachable", problem }] } as Presence;
      }
      return { state: life } as Presence;
    };
    const ofLife = () => ({ models: stringify({ models: [{ "model-uuid": modelUuid, life }] }) });
    const ensured = (engine: string | undefined, settings = {}, texts = {}) =>
      ensureCapture(context({ ...ofLife(), ...texts }, settings, { presence }), run, by(engine));
    const destroying = (state?: "alive" | "dying") => {
      run.journal.write({ event: "destroy-model-called", uuid: modelUuid, attempt: 1 });
      if (state) run.journal.write({ event: "model-state", uuid: modelUuid, state, text: "" });
    };
    const aside = () => readdirSync(run.directory).filter((name) => name.includes(".before-"));

    it("is taken once in one destroy, though Backup and provider both ask", async () => {
      await ensured("1@1");
      await ensured("1@1");
      expect([asked, looks]).to.deep.equal([3, 0]);
    });

    it("is taken anew by each destroy while the model is alive, and the older ones are kept aside", async () => {
      await ensured("1@1");
      const first = readFileSync(path(captureFiles.bundle), "utf8");
      await ensured("2@2", {}, { bundle: stringify({ applications: { ...applications } }) });
      // Also when something was destroyed meanwhile: destroy-model may have been refused.
      destroying("alive");
      await ensured("3@3");
      await ensured(undefined);
      expect(asked).to.equal(12);
      expect(verified()).to.have.length(3);
      expect(aside()).to.have.length(12);
      const [oldest = ""] = aside().filter((name) => name.startsWith(captureFiles.bundle));
      expect(readFileSync(path(oldest), "utf8")).to.equal(first);
      expect(aside().filter((name) => name.startsWith(captureFiles.sums))).to.have.length(3);
    });

    for (const state of ["dying", "dead", "gone"]) {
      it(`is kept when the model is seen ${state}, whoever destroyed it`, async () => {
        await ensured("1@1");
        life = state;
        const files = await ensured("2@2");
        expect(asked).to.equal(3);
        expect(files).to.deep.equal(verified());
        expect(aside()).to.deep.equal([]);
      });
    }

    it("is kept when juju cannot be asked, once this run has seen the model dying", async () => {
      await ensured("1@1");
      destroying("dying");
      for (life of ["unclear", "lost"]) expect(await ensured("2@2")).to.have.length(3);
      expect(asked).to.equal(3);
    });

    it("is kept when the controller is lost for ever, as was permitted, and cannot be reached", async () => {
      await ensured("1@1");
      life = "unreachable";
      expect((await problemOf(ensured("2@2"))).message).to.include("cannot be seen for sure");
      const permitted = { controllerLost: recordedModel.controllerUuid };
      expect(await ensured("2@2", permitted)).to.have.length(3);
      life = "unclear";
      expect((await problemOf(ensured("2@2", permitted))).message).to.include("cannot be seen for sure");
      expect(asked).to.equal(3);
    });

    it("refuses when it cannot be seen whether the model is alive, and waits once destroy-model was called", async () => {
      await ensured("1@1");
      life = "unclear";
      const { message } = await problemOf(ensured("2@2"));
      expect(message).to.match(
        /^no verified capture: whether the model admin\/openstack is alive cannot be seen/,
      );
      life = "lost";
      expect((await problemOf(ensured("2@2"))).message).to.include("juju login");
      destroying();
      life = "unclear";
      const waiting = {
        ...context(ofLife(), {}, { presence }),
        say: (text: string) => {
          expect(text).to.include("cannot be seen for sure");
          life = "dying";
        },
      };
      expect(await ensureCapture(waiting, run, by("2@2"))).to.have.length(3);
      expect(asked).to.equal(3);
    });

    it("is refused, and nothing overwritten, when it no longer holds and the model is dying", async () => {
      await ensured("1@1");
      destroying("dying");
      appendFileSync(path(captureFiles.bundle), "x");
      const before = readFileSync(path(captureFiles.bundle), "utf8");
      life = "dying";
      const { message } = await problemOf(ensured("2@2"));
      expect(message).to.match(
        /is dying already, and in \S+ bundle-pre-destroy.yaml was changed since it was captured/,
      );
      expect(message).to.include(goOn);
      expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(before);
      await ensured("2@2", { withoutBundle: modelUuid });
      expect(aside()).to.have.length(4);
      expect(verified()).to.have.length(2);
    });

    it("is taken again when it no longer holds and the model is alive", async () => {
      await ensured("1@1");
      appendFileSync(path(captureFiles.bundle), "x");
      await ensured("1@1");
      expect(asked).to.equal(6);
      expect(verified()).to.have.length(3);
      expect(aside()).to.have.length(4);
    });

    it("is not replaced by one that fails", async () => {
      await ensured("1@1");
      const before = readFileSync(path(captureFiles.bundle), "utf8");
      const error = await problemOf(ensured("2@2", {}, { bundle: "" }));
      expect(error.code).to.equal("capture");
      expect(readFileSync(path(captureFiles.bundle), "utf8")).to.equal(before);
      expect(verified()).to.have.length(3);
      expect(aside()).to.deep.equal([]);
    });

    describe("in a process of its own", () => {
      const backup = (engine: string) => ({ by: "backup" as const, engine });
      const journalText = () => readFileSync(path("journal.jsonl"), "utf8");
      const bare = (texts = {}) => context({ ...ofLife(), ...texts }, {}, { presence });

      it("leaves a note instead of writing the journal; who holds the lock takes it in, once", async () => {
        const before = journalText();
        const files = await ensureCapture(bare(), run, backup("1@1"));
        expect(journalText()).to.equal(before);
        expect(statSync(path("capture.json")).mode & 0o777).to.equal(0o600);
        expect(verified()).to.deep.equal(files);

        await ensured("1@1");
        expect([asked, looks]).to.deep.equal([3, 0]);
        expect(run.journal.events().at(-1)).to.deep.include({
          event: "captured",
          by: "backup",
          engine: "1@1",
          files,
        });
        expect(existsSync(path("capture.json"))).to.equal(false);
        await ensured("1@1");
        expect(events()).to.deep.equal(["run-opened", "captured"]);
      });

      it("leaves its failure as data, and loses none of an earlier one", async () => {
        const failure = bare({ bundle: failing(jujuError("timeout", "too slow")) });
        await problemOf(ensureCapture(failure, run, backup("1@1")));
        await ensureCapture(bare(), run, backup("2@2"));
        expect(outcomesLeft(run.directory).map(({ event }) => event)).to.deep.equal([
          "capture-failed",
          "captured",
        ]);
        expect(takeOutcomes(run, "2@2")).to.equal(true);
        expect(run.journal.events().at(-1)).to.deep.include({
          event: "capture-failed",
          by: "backup",
          problem: { code: "juju", kind: "timeout" },
        });
        expect(outcomesLeft(run.directory).map(({ event }) => event)).to.deep.equal(["captured"]);
        expect(verified()).to.have.length(3);
      });

      it("writes nothing once its engine is gone", async () => {
        await ensured("1@1");
        const before = readdirSync(run.directory);
        const error = await problemOf(
          ensureCapture({ ...bare(), mayWrite: () => false }, run, backup("2@2")),
        );
        expect(error.code).to.equal("interrupted");
        expect(readdirSync(run.directory)).to.deep.equal(before);
      });

      it("is not disturbed by a note that it cannot read", async () => {
        for (const text of ["", "{", '{"v":2,"outcomes":[]}', "null"]) {
          writeFileSync(path("capture.json"), text);
          expect(outcomesLeft(run.directory), text).to.deep.equal([]);
          expect(takeOutcomes(run), text).to.equal(false);
        }
      });
    });
  });
});
