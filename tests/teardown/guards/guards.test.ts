import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { jujuError } from "../../../teardown/clients/juju/errors.ts";
import type { JujuClient, JujuMachine, JujuModel } from "../../../teardown/clients/juju.ts";
import type { MaasClient, MaasMachine } from "../../../teardown/clients/maas.ts";
import type { Context } from "../../../teardown/context.ts";
import { TeardownError } from "../../../teardown/errors.ts";
import { judge, surroundings, unlistedNow } from "../../../teardown/guards/guards.ts";
import { type SaidFinding, sayFindings } from "../../../teardown/guards/say.ts";
import type { LabRecord } from "../../../teardown/record.ts";
import type { Run } from "../../../teardown/run/run-directory.ts";
import { survey } from "../../../teardown/survey.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  host,
  maasFailure,
  machine,
  memoryRun,
  model,
  modelUuid,
  otherUuid,
  recordedLab,
  recordedMachine,
  recordedModel,
  secondMachine,
} from "../support/fakes.ts";

/** What differs from a lab that is as it was recorded. */
type Differs = {
  models?: JujuModel[];
  juju?: Partial<JujuClient>;
  machines?: MaasMachine[];
  maas?: Partial<MaasClient>;
  settings?: Record<string, unknown>;
  record?: LabRecord;
  host?: Partial<typeof host>;
  run?: Run;
  more?: Partial<Context>;
};
/** `expected` is all that is not "ok": `code verdict`, and the machine that it concerns alone. `words` are those of the first. */
type Case = Differs & { what: string; expected: string[]; words?: Partial<SaidFinding>; found?: RegExp };

const both = [machine(), secondMachine()];
const inJuju = (...machines: Partial<JujuMachine>[]): Partial<JujuClient> => ({
  machines: async () =>
    machines.map((each, at) => ({
      id: String(at),
      instanceId: "",
      hostname: "",
      displayName: "",
      containers: [],
      ...each,
    })),
});
const failing = (error: Error) => async (): Promise<never> => {
  throw error;
};
const notAdmin = { whoami: async () => ({ username: "eve", isAdmin: false }) };
const isSimulated = { version: async () => ({ version: "3.6.5", simulated: true }) };
const withoutModel = (): LabRecord => {
  const { model: _, ...rest } = recordedLab();
  return rest;
};

describe("guards", () => {
  const root = mkdtempSync(join(tmpdir(), "guards-"));
  before(() => writeFileSync(join(root, "file"), ""));
  after(() => rmSync(root, { recursive: true, force: true }));

  const ask = async (differs: Differs = {}) => {
    const { record = recordedLab(), run } = differs;
    const context: Context = {
      ...contextWith({
        juju: fakeJuju(differs.models ?? [controllerModel, model()], differs.juju),
        maas: fakeMaas(differs.machines ?? both, differs.maas),
        settings: { backupRoot: join(root, "backups"), ...differs.settings },
        host: { ...host, ...differs.host },
      }),
      ...differs.more,
    };
    const seen = await survey(context, { record, run });
    const findings = judge(seen, record, context.settings, context.host);
    return { context, seen, record, findings, said: sayFindings(findings, context.settings) };
  };
  const check = (cases: Case[]) => {
    for (const { what, expected, words, found, ...differs } of cases) {
      it(what, async () => {
        const { findings, said } = await ask(differs);
        const unwell = findings.filter(({ verdict }) => verdict !== "ok");
        expect(
          unwell.map((each) => [each.code, each.verdict, each.machine ?? ""].join(" ").trim()),
        ).to.deep.equal(expected);
        const first = said.find(({ verdict }) => verdict !== "ok");
        if (words) expect(first).to.include(words);
        if (found) expect(first?.found).to.match(found);
      });
    }
  };

  it("pass for a lab as it was recorded, each with what it saw", async () => {
    const { said, seen, context, record } = await ask();
    expect(said).to.deep.equal([
      { guard: "host", subject: "vopenstack-jesse", verdict: "ok", found: "the host of this lab" },
      { guard: "user", subject: "jessea123", verdict: "ok", found: "the user of this lab" },
      { guard: "backup root", subject: join(root, "backups"), verdict: "ok", found: "writable" },
      { guard: "list", subject: "2 machines", verdict: "ok", found: "the same in the stack and on the list" },
      { guard: "juju", subject: "maas-lab", verdict: "ok", found: "answers, as admin" },
      {
        guard: "model",
        subject: `admin/openstack ${modelUuid}`,
        verdict: "ok",
        found: "the recorded model, alive",
      },
      {
        guard: "maas",
        subject: "http://maas:5240/MAAS",
        verdict: "ok",
        found: "answers, as admin (administrator)",
      },
      {
        guard: "machine",
        subject: "openstack0 aaa000",
        verdict: "ok",
        found: "Deployed, owned by admin, unlocked",
      },
      {
        guard: "machine",
        subject: "openstack1 bbb111",
        verdict: "ok",
        found: "Deployed, owned by admin, unlocked",
      },
    ]);
    const {
      liveModels,
      wholeOf,
      vmHosts,
      model: its,
    } = surroundings(seen, record.model, context.settings, context.host);
    expect([...(liveModels ?? [])]).to.deep.equal([controllerModel.uuid, modelUuid]);
    expect(wholeOf).to.equal(recordedModel.controllerUuid);
    expect([vmHosts.size, its]).to.deep.equal([0, recordedModel]);
  });

  it("change nothing: not even the backup root is made, which a run makes for its owner alone", async () => {
    await ask();
    expect(readdirSync(root)).to.deep.equal(["file"]);
  });

  it("know no live models and no VM hosts of a side that gave no answer", async () => {
    const away = failing(jujuError("unreachable", "away"));
    const { seen, context } = await ask({
      juju: { models: away },
      maas: { version: failing(new Error("x")) },
    });
    const around = surroundings(seen, recordedModel, context.settings, context.host);
    expect([around.liveModels, around.wholeOf, around.vmHosts.size]).to.deep.equal([undefined, undefined, 0]);
    for (const [models, complaints] of [
      [[model()], []],
      [[controllerModel, model()], ["settings not found"]],
    ] as [JujuModel[], string[]][]) {
      const few = await ask({
        juju: { models: async () => ({ models, complaints }) },
        record: withoutModel(),
      });
      expect(surroundings(few.seen, undefined, context.settings, host).wholeOf).to.equal(undefined);
    }
    const vmHosts = async () => [
      { name: "lxd-1", systemId: "bbb111" },
      { name: "elsewhere", systemId: null },
    ];
    const there = await ask({ maas: { vmHosts } });
    expect([...surroundings(there.seen, recordedModel, context.settings, host).vmHosts]).to.deep.equal([
      ["bbb111", "lxd-1"],
    ]);
  });

  describe("the host, the user and the backup root", () => {
    check([
      ...["vopenstack-jesse.example.org", "VOpenStack-Jesse"].flatMap((name) => [
        { what: `take \`host: ${name}\` for this one`, settings: { host: name }, expected: [] },
        {
          what: `take a host that calls itself ${name} for the one in the settings`,
          host: { hostname: name, hostnames: [name] },
          expected: [],
        },
      ]),
      {
        what: "take no other name that begins alike",
        settings: { host: "vopenstack" },
        expected: ["other-host refused"],
      },
      {
        what: "refuse another host, with where to log in",
        settings: { host: "other" },
        expected: ["other-host refused"],
        words: {
          guard: "host",
          subject: "vopenstack-jesse",
          found: "is not the host from which this lab is torn down",
          expected: "other",
          next: "log in to other; if this is the right host: pulumi config set host vopenstack-jesse",
        },
      },
      {
        what: "refuse another user, with as whom to log in",
        host: { user: "root" },
        expected: ["other-user refused"],
        words: {
          guard: "user",
          subject: "root",
          found: "is not the user who tears this lab down",
          expected: "jessea123",
          next: "log in as jessea123; if this is the right user: pulumi config set user root",
        },
      },
      {
        what: "know users by their case",
        host: { user: "JesseA123" },
        expected: ["other-user refused"],
      },
      {
        what: "refuse a backup root that cannot be made, with the folder to fix",
        settings: { backupRoot: join(root, "file", "deep", "backups") },
        expected: ["backup-root-not-writable refused"],
        words: {
          guard: "backup root",
          expected: "a folder for the captured files",
          next: `fix ${join(root, "file")}, or: pulumi destroy -c backupRoot=<folder>`,
        },
        found: /^cannot be written to: .*ENOTDIR/,
      },
    ]);
  });

  describe("the list of machines", () => {
    check([
      {
        what: "may be in any order",
        settings: { machines: ["openstack1", "openstack0"] },
        expected: [],
      },
      {
        what: "refuse a machine that is off it, for itself alone, with both ways out",
        settings: { machines: ["openstack0"] },
        expected: ["off-list refused openstack1", "unlisted refused"],
        words: {
          guard: "list",
          subject: "openstack1",
          expected: "the same machines in the stack and on the list",
          next: "to release it too:   put openstack1 back on the list `machines`, then: pulumi up && pulumi destroy\nto keep it as it is: take it off that list, then: pulumi up   # forgets it; then: pulumi destroy",
        },
        found: /no longer on the list `machines`; it is not touched$/,
      },
      {
        what: "refuse a machine that was never adopted",
        settings: { machines: ["openstack0", "openstack1", "openstack2"] },
        expected: ["not-adopted refused"],
        words: {
          guard: "list",
          subject: "openstack2",
          found: "is on the list `machines` but was never adopted",
          expected: "the same machines in the stack and on the list",
          next: "pulumi up   # adopts it; then: pulumi preview",
        },
      },
    ]);
  });

  describe("Juju and the model, as they are seen", () => {
    const elsewhere = { controllerUuid: otherUuid };
    check([
      ...[[model(elsewhere)], [model({ ...elsewhere, uuid: otherUuid })]].map((models, at) => ({
        what: `refuse another controller of the same name, ${at === 0 ? "with" : "without"} the model`,
        models,
        expected: ["other-controller refused"],
        words: {
          guard: "controller",
          subject: `maas-lab ${otherUuid}`,
          expected: recordedModel.controllerUuid,
        },
      })),
      {
        what: "do not need to know as whom they ask: the read counts",
        juju: { whoami: async () => undefined },
        expected: [],
      },
      { what: "do not fail with whoami", juju: { whoami: failing(new Error("no accounts")) }, expected: [] },
      {
        what: "note a model that is gone, when the list is whole",
        models: [controllerModel],
        expected: ["model-gone note"],
        words: { found: "is gone already", subject: `admin/openstack ${modelUuid}` },
      },
      {
        what: "do not believe in gone when the list lacks the controller's model",
        models: [],
        expected: ["model-unclear refused"],
        words: { next: "juju models -c maas-lab   # when it answers cleanly: pulumi destroy" },
        found: /^cannot be seen for sure: the list lacks even the controller's own model/,
      },
      {
        what: "do not believe in gone when juju prints what nothing explains",
        juju: { models: async () => ({ models: [controllerModel], complaints: ["settings not found"] }) },
        expected: ["model-unclear refused"],
        words: { next: "juju models -c maas-lab   # when it answers cleanly: pulumi destroy" },
        found: /^cannot be seen for sure: juju says: settings not found$/,
      },
      {
        what: "are not disturbed by such a line while the model is in the list",
        juju: {
          models: async () => ({ models: [controllerModel, model()], complaints: ["something else"] }),
        },
        expected: [],
      },
      {
        what: "find in the list of all models what a superuser has no grant for",
        juju: {
          models: async (_controller, { all = false } = {}) => ({
            models: all ? [controllerModel, model({ access: undefined })] : [],
            complaints: [],
          }),
        },
        expected: [],
      },
      {
        what: "find the controller's model in the list of all, when a user's own list has only his",
        juju: {
          models: async (_controller, { all = false } = {}) => ({
            models: all ? [controllerModel, model()] : [model()],
            complaints: [],
          }),
        },
        expected: [],
      },
      {
        what: "refuse what can never be proved to a user who may not list all",
        juju: {
          models: async (_controller, { all = false } = {}) => {
            if (all) throw jujuError("forbidden", "permission denied");
            return { models: [model()], complaints: [] };
          },
        },
        expected: ["gone-not-provable refused"],
      },
      {
        what: "refuse a namesake: the lab was rebuilt",
        models: [controllerModel, model({ uuid: otherUuid })],
        expected: ["model-rebuilt refused"],
        words: {
          subject: `admin/openstack ${otherUuid}`,
          expected: modelUuid,
          next: "pulumi up   # records today's lab; then: pulumi preview",
        },
      },
      {
        what: "refuse a model of the lab's name where it was gone at `up`",
        record: withoutModel(),
        expected: [
          "model-rebuilt refused",
          "machine-of-other-model refused openstack0",
          "machine-of-other-model refused openstack1",
        ],
        words: { subject: `admin/openstack ${modelUuid}`, expected: "no model: it was gone" },
      },
      {
        what: "refuse when juju does not answer, in juju's words and with what to type",
        juju: {
          models: failing(
            new TeardownError("juju", "cannot reach the controller\nLog in with:\n  juju login -c maas-lab"),
          ),
        },
        expected: ["juju-failed refused"],
        words: {
          guard: "juju",
          subject: "maas-lab",
          found: "cannot reach the controller",
          expected: "a list of its models",
          next: "Log in with:\n  juju login -c maas-lab",
        },
      },
      {
        what: "say of a controller that does not answer that it may be tried again, not that it is lost",
        juju: { models: failing(jujuError("unreachable", "away")) },
        expected: ["juju-failed refused"],
      },
      {
        what: "take a controller for lost that does not answer and is named by controllerLost",
        juju: { models: failing(jujuError("unreachable", "away")) },
        settings: { controllerLost: recordedModel.controllerUuid },
        expected: ["controller-lost note"],
      },
      {
        what: "refuse a disabled destroy-model",
        juju: { disabledCommands: async () => [{ set: "destroy-model", message: "no" }] },
        expected: ["command-disabled refused"],
      },
      {
        what: "refuse when the model's machines cannot be listed",
        juju: { machines: failing(new TeardownError("juju", "status timed out\nmore")) },
        expected: ["machines-not-listed refused"],
        words: {
          guard: "model",
          found: "its machines could not be listed: status timed out",
          next: `juju machines -m ${modelUuid}   # when it answers: pulumi destroy`,
        },
      },
      {
        what: "do not need the list of the machines of a dying model: it gets no more of them",
        models: [controllerModel, model({ life: "dying" })],
        juju: { machines: failing(new TeardownError("juju", "status timed out")) },
        expected: [],
      },
    ]);
  });

  describe("MAAS", () => {
    check([
      {
        what: "refuse a simulated one when the stack is not",
        maas: isSimulated,
        expected: ["maas-simulated refused"],
        words: {
          guard: "maas",
          found: "is a simulated MAAS, and this stack is not a simulated lab",
          next: "point maasProfile or maasApiUrl at the real MAAS; only a stack for play says `simulated: true`",
        },
      },
      {
        what: "refuse a real one when the stack is simulated",
        settings: { simulated: true },
        expected: ["maas-real refused"],
        words: { guard: "maas", found: "is a real MAAS, and this stack says `simulated: true`" },
      },
      {
        what: "take a simulated one when the stack is so too",
        maas: isSimulated,
        settings: { simulated: true },
        expected: [],
      },
      {
        what: "refuse another one than at `up`",
        maas: { url: "http://other/MAAS" },
        expected: ["other-maas refused"],
        words: { guard: "maas", subject: "http://other/MAAS", expected: "http://maas:5240/MAAS" },
      },
      {
        what: "do not mind which one it is when the record does not know",
        maas: { url: "http://other/MAAS" },
        record: recordedLab({ maasUrl: "" }),
        expected: [],
      },
      {
        what: "refuse when it does not answer: the first line is what was found, the rest what to do",
        maas: {
          whoami: failing(
            new TeardownError("maas", "MAAS does not take the API key\nLog in again:\n  maas login admin"),
          ),
        },
        expected: ["maas-failed refused"],
        words: {
          guard: "maas",
          subject: "http://maas:5240/MAAS",
          found: "MAAS does not take the API key",
          expected: "MAAS answers",
          next: "Log in again:\n  maas login admin",
        },
      },
      {
        what: "name it by its profile when there is no client at all",
        more: { maas: failing(new Error("no profile admin")) },
        expected: ["maas-failed refused"],
        words: { subject: "admin", found: "no profile admin", expected: "MAAS answers" },
      },
    ]);

    it("is not taken for an administrator's when it is none, and keeps the kind of its failure", async () => {
      const { said } = await ask({ maas: notAdmin });
      expect(said.find(({ guard }) => guard === "maas")?.found).to.equal("answers, as eve");
      const { findings } = await ask({ maas: { version: failing(maasFailure("server")) } });
      expect(findings.find(({ code }) => code === "maas-failed")).to.include({ kind: "server" });
    });

    it("is asked for the machines on the list and in the model, and for a recorded one that has neither by its id", async () => {
      const asked: object[] = [];
      const there = [machine(), secondMachine({ hostname: "renamed", ownerData: {} })];
      const { machines: list } = fakeMaas(there);
      const { findings } = await ask({
        maas: {
          machines: async (filter) => {
            asked.push(filter);
            return await list(filter);
          },
        },
      });
      expect(asked).to.deep.equal([
        { hostnames: ["openstack0", "openstack1"] },
        { agentName: modelUuid },
        { systemIds: ["bbb111"] },
      ]);
      expect(findings.at(-1)).to.include({ code: "machine-renamed", now: "renamed" });
    });

    it("is not asked for a model's machines when there is no model", async () => {
      const asked: object[] = [];
      const machines = async (filter: object) => {
        asked.push(filter);
        return both;
      };
      const { seen } = await ask({ record: withoutModel(), models: [controllerModel], maas: { machines } });
      expect(asked).to.deep.equal([{ hostnames: ["openstack0", "openstack1"] }]);
      expect(seen.maas.answered && seen.maas.ofModel.size).to.equal(0);
    });
  });

  describe("one side without the other", () => {
    check([
      {
        what: "show what MAAS shows although juju cannot be reached",
        juju: { models: failing(new Error("down")), machines: failing(new Error("down")) },
        machines: [machine({ locked: true }), secondMachine()],
        expected: ["juju-failed refused", "machine-locked refused openstack0"],
      },
      {
        what: "show what juju shows although MAAS cannot be reached",
        models: [controllerModel, model({ status: "suspended" })],
        maas: { version: failing(new Error("down")) },
        expected: ["model-suspended refused", "maas-failed refused"],
      },
    ]);
  });

  describe("the recorded machines", () => {
    const released = (): Run => {
      const run = memoryRun();
      run.journal.write({ event: "run-opened", project: "p", stack: "s", machines: [] });
      run.journal.write({
        event: "release-answered",
        hostname: "openstack1",
        systemId: "bbb111",
        attempt: 1,
        kind: "accepted",
        reason: "",
        took: 1,
      });
      return run;
    };
    const eves = secondMachine({ owner: "eve", ownerData: { "juju-model-uuid": otherUuid } });
    const hidden: Partial<MaasClient> = { lookAt: async () => ({ kind: "forbidden" }) };
    check([
      {
        what: "are judged by their system_id: another one of the same name means that the lab was rebuilt",
        machines: [machine({ locked: true }), secondMachine({ systemId: "new999", ownerData: {} })],
        expected: ["machine-locked refused openstack0", "machine-replaced refused openstack1"],
      },
      {
        what: "say so with what is recorded, and what to do",
        machines: [machine(), secondMachine({ systemId: "new999", ownerData: {} })],
        expected: ["machine-replaced refused openstack1"],
        words: {
          subject: "openstack1 bbb111",
          found: "is another machine now: new999; the lab was rebuilt since `up`",
          expected: "system_id bbb111",
          next: "pulumi up   # records today's lab; then: pulumi preview",
        },
      },
      {
        what: "refuse one that was deleted, with what would accept it beside what is accepted already",
        machines: [machine()],
        settings: { acceptDeleted: "ccc999" },
        expected: ["machine-deleted refused openstack1"],
        words: {
          guard: "machine",
          subject: "openstack1 bbb111",
          found: "is no longer in MAAS",
          expected: "the machine recorded at `up`",
          next: "pulumi destroy -c acceptDeleted=ccc999,bbb111   # to accept that it was deleted",
        },
      },
      {
        what: "note one that was deleted when that is accepted",
        machines: [machine()],
        settings: { acceptDeleted: "bbb111" },
        expected: ["machine-deleted note openstack1"],
        words: { found: "deleted from MAAS, accepted" },
      },
      {
        what: "never advise to accept one that this key may only not see",
        machines: [machine()],
        maas: hidden,
        expected: ["machine-invisible refused openstack1"],
        words: {
          found: "is not visible to this MAAS API key: it is there, or was deleted",
          next: "use a key that sees all machines (maas login admin <url> <key of an administrator>), then: pulumi destroy",
        },
      },
      {
        what: "take none for deleted that this key may only not see, accepted or not",
        machines: [machine()],
        maas: hidden,
        settings: { acceptDeleted: "bbb111" },
        expected: ["machine-invisible refused openstack1"],
      },
      {
        what: "do not conclude from what a key shows that is no administrator's",
        machines: [machine()],
        maas: notAdmin,
        expected: ["machine-invisible refused openstack1"],
      },
      {
        what: "note one that was released in this run and is in somebody else's use now",
        machines: [machine(), eves],
        run: released(),
        expected: ["machine-taken note openstack1"],
        words: { found: "was released in this run; Deployed now, owned by eve: somebody else's" },
      },
      {
        what: "note one that was released in this run and is out of sight now",
        machines: [machine()],
        maas: hidden,
        run: released(),
        expected: ["machine-taken note openstack1"],
        words: { found: "was released in this run; not visible now, without an owner: somebody else's" },
      },
      {
        what: "refuse somebody else's that this run did not release",
        machines: [machine(), eves],
        run: memoryRun(),
        expected: ["machine-of-other-model refused openstack1"],
      },
      {
        what: "judge one again that this run released and that is still the lab's",
        machines: [machine(), secondMachine({ locked: true })],
        run: released(),
        expected: ["machine-locked refused openstack1"],
      },
      {
        what: "refuse one of an unknown model when juju cannot say whether that lives",
        record: { ...withoutModel(), machines: [recordedMachine()] },
        settings: { machines: ["openstack0"] },
        juju: { models: failing(new Error("down")) },
        expected: ["juju-failed refused", "machine-of-other-model refused openstack0"],
      },
      {
        what: "refuse one of another model that lives, when there was none at `up`",
        record: { ...withoutModel(), machines: [recordedMachine()] },
        settings: { machines: ["openstack0"] },
        models: [controllerModel, model({ name: "eve/other", shortName: "other" })],
        expected: ["model-gone-at-up note", "machine-of-other-model refused openstack0"],
        words: { subject: "openstack", found: "was gone already at `up`" },
      },
      {
        what: "pass one of a model that is gone, when there was none at `up`",
        record: { ...withoutModel(), machines: [recordedMachine()] },
        settings: { machines: ["openstack0"] },
        models: [controllerModel],
        expected: ["model-gone-at-up note"],
      },
    ]);
  });

  describe("machines of the model that nobody listed", () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" });
    check([
      {
        what: "refuse those that Juju would destroy with it, with the setting that allows it",
        machines: [...both, extra],
        expected: ["unlisted refused"],
        words: {
          guard: "unlisted",
          subject: "extra ccc222",
          expected: "only listed machines in the model",
          next: "move them out of the model, or allow it:\npulumi destroy -c alsoDestroyed=ccc222",
        },
      },
      {
        what: "note those that the configuration allows",
        machines: [...both, extra],
        settings: { alsoDestroyed: "ccc222" },
        expected: ["unlisted note"],
        words: {
          found: "belongs to the model and will be destroyed with it, as allowed by `alsoDestroyed`",
        },
      },
      {
        what: "count one that was adopted and taken off the list since",
        machines: [...both, extra],
        settings: { machines: ["openstack1"] },
        expected: ["off-list refused openstack0", "unlisted refused", "unlisted refused"],
      },
      {
        what: "find one that only Juju knows of, and each one once",
        juju: inJuju(
          { instanceId: "aaa000", hostname: "openstack0" },
          { instanceId: "ddd333", hostname: "hidden" },
          { instanceId: "ddd333", hostname: "hidden" },
        ),
        expected: ["unlisted refused"],
        words: { subject: "hidden ddd333" },
      },
      {
        what: "name one by hand by its address",
        juju: inJuju({ instanceId: "manual:10.0.0.5", hostname: "laptop" }),
        expected: ["unlisted refused"],
        words: {
          subject: "laptop manual:10.0.0.5",
          next: "move them out of the model, or allow it:\npulumi destroy -c alsoDestroyed=manual:10.0.0.5",
        },
      },
      ...["pending", ""].map((instanceId) => ({
        what: `name one that MAAS has not allocated yet (${instanceId || "no instance id"}) by the model and its id`,
        juju: inJuju({ instanceId: "aaa000" }, { id: "7", instanceId }),
        expected: ["unlisted refused"],
        words: {
          subject: `${modelUuid}:7`,
          next: `move them out of the model, or allow it:\npulumi destroy -c alsoDestroyed=${modelUuid}:7`,
        },
      })),
      {
        what: "allow these two kinds by the same names, and nothing but them",
        juju: inJuju({ instanceId: "manual:10.0.0.5" }, { id: "7", instanceId: "pending" }, { id: "8" }),
        settings: { alsoDestroyed: `manual:10.0.0.5,${modelUuid}:7` },
        expected: ["unlisted note", "unlisted note", "unlisted refused"],
      },
    ]);

    it("say which of them MAAS knows, and which of them concern no listed machine alone", async () => {
      const { findings } = await ask({
        machines: [...both, extra],
        juju: inJuju(
          { instanceId: "ddd333" },
          { instanceId: "manual:10.0.0.5" },
          { instanceId: "pending" },
          { instanceId: "ccc222", hostname: "" },
        ),
      });
      const unlisted = findings.flatMap((each) => (each.code === "unlisted" ? [each] : []));
      expect(unlisted[0]?.hostname).to.equal("extra");
      expect(unlisted.map(({ id, inMaas }) => [id, inMaas])).to.deep.equal([
        ["ccc222", true],
        ["ddd333", true],
        ["manual:10.0.0.5", false],
        [`${modelUuid}:2`, false],
      ]);
      for (const each of unlisted) expect(each).to.not.have.property("machine");
    });

    it("are asked for once more right before the model is destroyed", async () => {
      const now = async (machines: Partial<JujuClient>, alsoDestroyed = "") =>
        unlistedNow(
          contextWith({ juju: fakeJuju([], machines), settings: { alsoDestroyed } }),
          recordedLab(),
          recordedModel,
        );
      const joined = inJuju({ instanceId: "aaa000" }, { instanceId: "ddd333", hostname: "stranger" });
      expect(await now(joined)).to.deep.equal([
        { code: "unlisted", verdict: "refused", hostname: "stranger", id: "ddd333", inMaas: true },
      ]);
      expect(await now(joined, "ddd333")).to.deep.equal([
        { code: "unlisted", verdict: "note", hostname: "stranger", id: "ddd333", inMaas: true },
      ]);
      expect(await now(inJuju({ instanceId: "bbb111" }))).to.deep.equal([]);
    });
  });

  describe("versions of Juju that delete virtual machines", () => {
    const virtual = [machine({ powerType: "lxd" }), secondMachine({ pod: "pod1" })];
    const accept = `(juju upgrade-controller, juju upgrade-model), or accept it:\npulumi destroy -c acceptVmDeletion=${modelUuid}`;
    check([
      {
        what: "refuse the model's own, naming the machines and the upgrade",
        models: [model({ agentVersion: "3.6.24" }), controllerModel],
        machines: virtual,
        expected: ["vm-deletion refused"],
        words: {
          guard: "juju version",
          subject: "3.6.24",
          found: "would delete openstack0, openstack1 from MAAS instead of releasing (juju/juju#22691)",
          next: `upgrade to 3.6.25 ${accept}`,
        },
      },
      {
        what: "refuse the controller's",
        models: [model(), { ...controllerModel, agentVersion: "4.0.12" }],
        machines: virtual,
        expected: ["vm-deletion refused"],
        words: { subject: "4.0.12", next: `upgrade to 4.0.13 ${accept}` },
      },
      {
        what: "note it when that is accepted",
        models: [controllerModel, model({ agentVersion: "3.6.24" })],
        machines: virtual,
        settings: { acceptVmDeletion: modelUuid },
        expected: ["vm-deletion note"],
      },
      {
        what: "refuse it when it is accepted for another model",
        models: [controllerModel, model({ agentVersion: "3.6.24" })],
        machines: virtual,
        settings: { acceptVmDeletion: otherUuid },
        expected: ["vm-deletion refused"],
      },
      {
        what: "are no matter for a model that is gone",
        models: [{ ...controllerModel, agentVersion: "3.6.24" }],
        machines: virtual,
        expected: ["model-gone note"],
      },
      {
        what: "are no matter when nobody could be asked",
        juju: { models: failing(new Error("down")) },
        machines: virtual,
        expected: ["juju-failed refused"],
      },
      ...["3.6.23", "3.6.25", "4.0.11", "4.0.13", "3.6.240", undefined].map((agentVersion) => ({
        what: `are no matter with ${agentVersion ?? "an unknown version"}`,
        models: [controllerModel, model({ agentVersion })],
        machines: virtual,
        expected: [],
      })),
    ]);

    it("say that all is well when no machine is virtual, and say nothing of other versions", async () => {
      const of = async (agentVersion: string) =>
        (await ask({ models: [controllerModel, model({ agentVersion })] })).said.filter(
          ({ guard }) => guard === "juju version",
        );
      expect(await of("3.6.24")).to.deep.equal([
        {
          guard: "juju version",
          subject: "3.6.24",
          verdict: "ok",
          found: "would delete virtual machines from MAAS; the model has none",
        },
      ]);
      expect(await of("3.6.28")).to.deep.equal([]);
    });
  });
});
