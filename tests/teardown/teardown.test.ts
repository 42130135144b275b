import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { MaasMachine } from "../../teardown/clients/maas.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { dropLock } from "../../teardown/run/lock.ts";
import { beginTeardown } from "../../teardown/teardown.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  keptRow,
  machine,
  model,
  modelUuid,
  problemOf,
  recordedLab,
  recordedModel,
  secondMachine,
} from "./support/fakes.ts";

describe("teardown: one destroy's part of a run", () => {
  let backupRoot = "";
  beforeEach(() => {
    backupRoot = mkdtempSync(join(tmpdir(), "teardown-"));
  });
  afterEach(() => rmSync(backupRoot, { recursive: true, force: true }));
  const stopping = () => new AbortController();
  const begin = async (
    machines: MaasMachine[],
    signal = stopping().signal,
    settings: Record<string, unknown> = {},
    juju = fakeJuju([controllerModel, model()]),
  ) => {
    const maas = fakeMaas(machines);
    let asked = 0;
    const { version } = maas;
    maas.version = () => {
      asked++;
      return version();
    };
    const teardown = await beginTeardown({
      context: contextWith({ maas, juju, signal, settings: { backupRoot, ...settings } }),
      project: "p",
      stack: "s",
      lab: recordedLab(),
      versions: async () => ({ juju: "3.6.28" }),
    });
    dropLock(teardown.run.lock);
    return { ...teardown, asked: () => asked };
  };
  const fine = [machine(), secondMachine()];
  const locked = [machine({ locked: true }), secondMachine()];

  it("writes down who began it with which settings, and never the key", async () => {
    const byUrl = { maasProfile: "", maasApiUrl: "http://maas:5240/MAAS", maasApiKey: "a:b:secret" };
    const { run } = await begin(fine, undefined, byUrl);
    const events = run.journal.events();
    expect(events.map(({ event }) => event)).to.deep.equal(["run-opened", "destroy-started"]);
    expect(events[1]).to.include({ pid: process.pid });
    expect(events[1]).to.have.nested.property("settings.jujuModel", "openstack");
    expect(readFileSync(join(run.directory, "journal.jsonl"), "utf8")).to.not.include("a:b:secret");
  });

  it("writes down the versions of all that took part, before the engine hears that the guards refuse", async () => {
    const { guarded, run } = await begin(locked);
    await guarded(keptRow()).catch(() => {});
    const events = run.journal.events().map(({ event }) => event);
    expect(events.slice(-2)).to.deep.equal(["guards-refused", "versions"]);
  });

  it("asks the guards once for all resources, and tells what is worth knowing on one row", async () => {
    const { guarded, asked, run } = await begin(fine, undefined, { alsoDestroyed: "ccc222" });
    const [one, other] = [keptRow(), keptRow()];
    await Promise.all([guarded(one), guarded(other)]);
    await guarded(one);
    expect(asked()).to.equal(1);
    expect(run.journal.events().filter(({ event }) => event === "guards-passed")).to.have.length(1);
    expect(other.told.filter(({ tone }) => tone !== "status")).to.deep.equal([]);
  });

  it("tells all refusals on the first row, and the others where to look", async () => {
    const { guarded, run } = await begin(locked);
    const problems = await Promise.all([problemOf(guarded(keptRow())), problemOf(guarded(keptRow()))]);
    expect(problems.map(({ code }) => code)).to.deep.equal(["refused", "refused"]);
    expect(problems[0]?.message).to.match(/^a guard refuses \(\d+ passed\); nothing was touched\n/);
    expect(problems[0]?.message).to.include("is locked");
    expect(problems[1]?.message).to.equal("the guards refuse, as another row says; nothing was touched");
    expect(run.journal.events().filter(({ event }) => event === "guards-refused")).to.have.length(1);
  });

  it("lets a machine's refusal stop that machine alone, once the teardown has begun", async () => {
    const first = await begin(fine);
    first.run.journal.write({ event: "destroy-model-called", uuid: modelUuid, attempt: 1 });
    const dying = fakeJuju([controllerModel, model({ life: "dying" })]);
    const { guarded, run } = await begin(locked, undefined, {}, dying);
    expect(run.directory).to.equal(first.run.directory);
    const row = keptRow();
    const { findings } = await guarded(row);
    expect(findings.some(({ verdict }) => verdict === "refused")).to.equal(true);
    expect(row.told.at(-1)?.text).to.include("worth knowing:\n").and.to.include("is locked");
  });

  it("stops for a machine's refusal while the model is alive, although destroy-model was called: in vain", async () => {
    const first = await begin(fine);
    first.run.journal.write({ event: "destroy-model-called", uuid: modelUuid, attempt: 1 });
    const { guarded } = await begin(locked);
    const { code, message } = await problemOf(guarded(keptRow()));
    expect(code).to.equal("refused");
    expect(message).to.include("is locked").and.to.include("nothing more was destroyed");
  });

  it("still stops for what concerns the whole lab", async () => {
    const first = await begin(fine);
    first.run.journal.write({ event: "destroy-model-called", uuid: modelUuid, attempt: 1 });
    const { guarded } = await begin(fine, undefined, { host: "another-host" });
    const { code, message } = await problemOf(guarded(keptRow()));
    expect([code, message.includes("nothing more was destroyed")]).to.deep.equal(["refused", true]);
  });

  it("releases no machine of a lost controller that is back, with its model alive", async () => {
    let isBack = false;
    const models = async () => {
      if (!isBack) throw jujuError("unreachable", "away");
      return { models: [controllerModel, model()], complaints: [] };
    };
    const lost = { controllerLost: recordedModel.controllerUuid };
    const begun = () => begin(fine, undefined, lost, fakeJuju([], { models }));
    const away = await begun();
    expect((await away.guarded(keptRow())).model).to.equal(undefined);
    await away.untilDying(keptRow());
    const back = await begun();
    await back.guarded(keptRow());
    isBack = true;
    const { code, message } = await problemOf(back.untilDying(keptRow()));
    expect(code).to.equal("refused");
    expect(message).to.include("its model admin/openstack is alive, so it was not released");
  });

  it("takes no controller for lost that answered the guards: it is waited for", async () => {
    let isAway = false;
    const models = async () => {
      if (isAway) throw jujuError("unreachable", "away");
      return { models: [controllerModel, model({ life: "dying" })], complaints: [] };
    };
    const lost = { controllerLost: recordedModel.controllerUuid };
    const { guarded, untilDying } = await begin(fine, undefined, lost, fakeJuju([], { models }));
    await guarded(keptRow());
    isAway = true;
    expect((await problemOf(untilDying(keptRow()))).message).to.include("Nothing was touched");
  });

  it("writes down how each resource ended, whatever was thrown", async () => {
    const { told, run } = await begin(fine);
    expect(await told("openstack0", async () => "Ready")).to.equal("Ready");
    await problemOf(
      told("openstack1", async () => {
        throw new TeardownError("machine", "is broken");
      }),
    );
    await told("model", () => Promise.reject("a text")).catch(() => {});
    const ends = run.journal.events().filter(({ event }) => event === "done" || event === "stopped");
    expect(
      ends.map((each) => ("code" in each ? [each.resource, each.code, each.message] : each.event)),
    ).to.deep.equal(["done", ["openstack1", "machine", "is broken"], ["model", "unexpected", "a text"]]);
  });

  it("writes down the way of what is done, and why waiting ended, as data", async () => {
    const controller = stopping();
    const { told, run } = await begin(fine, controller.signal);
    const at = { hostname: "openstack0", systemId: "aaa000" };
    await told("openstack0", async () => {
      run.journal.write({
        event: "release-answered",
        ...at,
        attempt: 1,
        kind: "power-failed",
        reason: "no power",
        took: 1,
      });
      run.journal.write({ event: "machine-state", ...at, from: "Deployed", to: "Ready", seenBy: "poll" });
      run.journal.write({ event: "model-state", uuid: modelUuid, state: "gone", text: "" });
      return "Ready";
    });
    const done = run.journal.events().findLast((each) => each.event === "done");
    expect(done).to.deep.include({ kind: "machine", failures: ["no power"] });
    expect(done?.event === "done" && done.states?.map(({ state }) => state)).to.deep.equal(["Ready"]);
    await problemOf(
      told("reaping", async () => {
        controller.abort({ why: "engine-gone" });
        throw new TeardownError("interrupted", "words");
      }),
    );
    expect(run.journal.events().at(-2)).to.deep.include({
      event: "interrupted",
      reason: { why: "engine-gone" },
    });
    expect(run.journal.events().at(-1)).to.deep.include({ event: "stopped", reason: { why: "engine-gone" } });
  });

  it("calls no finding what it could not look at because it was stopped", async () => {
    const controller = stopping();
    const { guarded } = await begin(fine, controller.signal);
    controller.abort({ why: "cancelled" });
    const { code, message } = await problemOf(guarded(keptRow()));
    expect(code).to.equal("interrupted");
    expect(message).to.include("cancelled by the operator; nothing was touched");
  });
});
