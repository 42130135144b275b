import { expect } from "chai";
import { jujuError } from "../../teardown/clients/juju/errors.ts";
import type { Presence } from "../../teardown/clients/juju.ts";
import type { MaasMachine } from "../../teardown/clients/maas.ts";
import { checkExitCriteria, judgeExit } from "../../teardown/exit-criteria.ts";
import { note } from "../../teardown/guards/finding.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import type { LabRecord } from "../../teardown/record.ts";
import { isClosed } from "../../teardown/run/journal.ts";
import { survey } from "../../teardown/survey.ts";
import {
  contextWith,
  fakeJuju,
  fakeMaas,
  keptRow,
  maasFailure,
  machine,
  memoryRun,
  model,
  otherUuid,
  problemOf,
  recordedLab,
  recordedModel,
  secondMachine,
} from "./support/fakes.ts";

const free = { owner: null, ownerData: {} };
const ready = [machine(free, "ready"), secondMachine(free, "ready")];
const gone: Presence = { state: "gone" };

const setUp = (
  options: {
    machines?: MaasMachine[];
    seen?: Presence[];
    settings?: Record<string, unknown>;
    lab?: LabRecord;
    /** The id of an unlisted machine that the guards let pass. */
    permitted?: string;
    /** When it was permitted: by the guards, or right before destroy-model. */
    permittedBy?: "guards-passed" | "unlisted-permitted";
  } = {},
) => {
  const { machines = ready, settings = {}, lab = recordedLab() } = options;
  const seen = [...(options.seen ?? [gone])];
  let last = gone;
  const presence = async () => {
    last = seen.shift() ?? last;
    return last;
  };
  const context = contextWith({ maas: fakeMaas(machines), juju: fakeJuju([], { presence }), settings });
  const run = memoryRun(lab, context.clock.now);
  run.journal.write({ event: "run-opened", project: "p", stack: "s", machines: [] });
  const { permitted, permittedBy: event = "guards-passed" } = options;
  if (permitted) {
    const findings = [note({ code: "unlisted", hostname: "extra", id: permitted, inMaas: true })];
    run.journal.write(event === "guards-passed" ? { event, findings, took: 1 } : { event, findings });
  }
  const check = () => checkExitCriteria({ context, run, lab, poller: readyPoller(context), row: keptRow() });
  return { run, check, context };
};
const notMet = async (options: Parameters<typeof setUp>[0]) => {
  const { run, check } = setUp(options);
  const { code, message } = await problemOf(check());
  expect(code).to.equal("exit-criteria");
  expect(message).to.include("The run stays open: /nowhere/run");
  expect(isClosed(run.journal.events())).to.equal(false);
  const last = run.journal.events().at(-1);
  expect(last).to.include({ event: "exit-criteria", met: false });
  const criteria = last?.event === "exit-criteria" ? last.criteria : [];
  expect(
    message.startsWith(
      `the exit criteria are not met: ${criteria.filter(({ met }) => !met).length} of ${criteria.length}`,
    ),
  ).to.equal(true);
  return message;
};

describe("exit criteria", () => {
  it("are met when the model is gone and every machine is Ready; then the run is closed", async () => {
    const { run, check } = setUp();
    const text = await check();
    expect(text.split("\n")[0]).to.match(/^exit criteria met after .*: the model is gone, 2 machines Ready$/);
    expect(text)
      .to.include("met  machine openstack1 bbb111  Ready")
      .and.to.include("proceed to 02-deploy.md");
    // It vouches for all lines, the last one too.
    expect(text).to.include(`journal.jsonl ends with ${run.journal.digest()}`);
    expect(run.journal.events().at(-1)).to.include({
      event: "run-closed",
      outcome: "complete",
      nextStep: "02-deploy.md",
    });
  });

  it("are not met while the model is there, in any state, or not to be seen", async () => {
    const cases: [Presence, RegExp][] = [
      [{ state: "alive", model: model() }, /NOT MET {2}model admin\/openstack +alive \(available\)/],
      [
        {
          state: "dying",
          model: model({ life: "dying", status: "destroying", statusMessage: "cleaning up" }),
        },
        /dying \(destroying: cleaning up\)/,
      ],
      [{ state: "unclear", why: "juju says: no" }, /juju says: no/],
      [{ state: "unclear" }, /cannot be seen for sure/],
    ];
    for (const [presence, said] of cases) {
      const message = await notMet({ seen: [presence] });
      expect(message).to.match(/^the exit criteria are not met: 1 of 3\n/);
      expect(message).to.match(said).and.to.include("next: pulumi up   # adopts it again");
    }
  });

  it("do not believe in gone before it was seen twice", async () => {
    expect(await notMet({ seen: [gone, { state: "dying", model: model({ life: "dying" }) }] })).to.include(
      "dying",
    );
  });

  it("are not met while a machine is anything but Ready, by its state and its owner", async () => {
    const message = await notMet({ machines: [machine({}, "releasing"), secondMachine(free, "new")] });
    expect(message).to.match(/^the exit criteria are not met: 2 of 3\n/);
    expect(message).to.match(/NOT MET {2}machine openstack0 aaa000 +Releasing, owned by admin\n/);
    expect(message).to.match(/NOT MET {2}machine openstack1 bbb111 +New\n/);
    expect(message).to.include("next: maas admin machine read aaa000   # when it is Ready: pulumi destroy");
  });

  it("are not met when a machine was deleted, unless that is accepted", async () => {
    const [one] = ready;
    const machines = one ? [one] : [];
    const message = await notMet({ machines });
    expect(message).to.include("deleted from MAAS").and.to.include("pulumi destroy -c acceptDeleted=bbb111");
    const text = await setUp({ machines, settings: { acceptDeleted: "bbb111" } }).check();
    expect(text)
      .to.include("deleted from MAAS, accepted")
      .and.to.match(/1 machine Ready, 1 accepted as deleted/);
  });

  it("go by the recorded system_id: a new machine of the same name is not it", async () => {
    expect(
      await notMet({
        machines: [ready[0] ?? machine(), secondMachine({ ...free, systemId: "new999" }, "ready")],
      }),
    ).to.include("deleted from MAAS");
  });

  it("are met by a model that was gone at `up` already", async () => {
    const { model: _, ...withoutModel } = recordedLab();
    const text = await setUp({ lab: withoutModel, seen: [] }).check();
    expect(text).to.include("gone (already at `up`)");
  });

  it("wait for machines that Juju destroyed with the model although they are not listed", async () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" }, "releasing");
    const machines = [...ready, extra];
    const { check, context } = setUp({ machines, permitted: "ccc222" });
    const maas = await context.maas();
    const list = maas.machines;
    let asked = 0;
    maas.machines = async (filter) => {
      if (filter.systemIds?.includes("ccc222") && ++asked === 3)
        machines[2] = machine({ ...extra, ...free, status: 4, statusName: "Ready" });
      return await list(filter);
    };
    expect(await check()).to.match(/met {2}machine extra ccc222 +Ready/);
  });

  it("are not met when such a machine ends elsewhere", async () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" }, "failed_releasing");
    for (const permittedBy of ["guards-passed", "unlisted-permitted"] as const) {
      const message = await notMet({ machines: [...ready, extra], permitted: "ccc222", permittedBy });
      expect(message).to.match(/NOT MET {2}machine extra ccc222 +Releasing failed, owned by admin/);
    }
  });

  it("tell a machine that somebody took after its release from one that may have been deleted", async () => {
    for (const [kind, isMet] of [
      ["forbidden", true],
      ["absent", false],
    ] as const) {
      const { run, check, context } = setUp({ machines: ready.slice(0, 1) });
      const about = { hostname: "openstack1", systemId: "bbb111", attempt: 1, took: 1 };
      run.journal.write({ event: "release-answered", ...about, kind: "accepted", reason: "" });
      const maas = await context.maas();
      maas.whoami = async () => ({ username: "eve", isAdmin: false });
      maas.lookAt = async () => ({ kind });
      const end = await check().catch((error: Error) => error.message);
      expect(end.startsWith("exit criteria met"), end).to.equal(isMet);
      expect(end).to.include("not visible to this API key");
    }
  });

  it("do not conclude that a machine was deleted from a key that may not see it, accepted or not", async () => {
    const [one = machine()] = ready;
    for (const acceptDeleted of ["", "bbb111"]) {
      const { check, context } = setUp({ machines: [one], settings: { acceptDeleted } });
      const maas = await context.maas();
      maas.lookAt = async () => ({ kind: "forbidden" });
      const { code, message } = await problemOf(check());
      expect(code).to.equal("exit-criteria");
      expect(message)
        .to.match(/NOT MET {2}machine openstack1 bbb111 +not visible to this API key\n/)
        .and.to.include("next: use a key that sees all machines, then: pulumi destroy")
        .and.to.not.include("acceptDeleted");
    }
  });

  it("are met by a machine that this run released and that is somebody else's now", async () => {
    const eves = secondMachine({ owner: "eve", ownerData: { "juju-model-uuid": otherUuid } });
    const { check, run } = setUp({ machines: [ready[0] ?? machine(), eves] });
    const state = { event: "machine-state", hostname: "openstack1", systemId: "bbb111" } as const;
    expect((await problemOf(check())).message).to.match(
      /NOT MET {2}machine openstack1 bbb111 +Deployed, owned by eve/,
    );
    run.journal.write({ ...state, from: "Releasing", to: "Ready", seenBy: "look" });
    expect(await check())
      .to.match(
        /met {2}machine openstack1 bbb111 +Ready once, somebody else's now \(Deployed, owned by eve\)/,
      )
      .and.to.match(/1 machine Ready, 1 somebody else's now/);
  });

  it("are not met by a machine that our own model got again, though owner_data does not say so", async () => {
    const again = secondMachine({ ownerData: {} });
    const { check, run, context } = setUp({ machines: [ready[0] ?? machine(), again] });
    const state = { event: "machine-state", hostname: "openstack1", systemId: "bbb111" } as const;
    run.journal.write({ ...state, from: "Releasing", to: "Ready", seenBy: "look" });
    const maas = await context.maas();
    const { machines } = maas;
    // MAAS lists it under the model's agent_name.
    maas.machines = async ({ agentName, ...filter }) => await machines(filter);
    expect((await problemOf(check())).message).to.match(/NOT MET {2}machine openstack1 bbb111 +Deployed/);
    maas.machines = machines;
    expect(await check()).to.match(/met {2}machine openstack1 bbb111 +Ready once, somebody else's now/);
  });

  it("wait for a controller that is away only now, whatever `controllerLost` says", async () => {
    const problem = { kind: "unreachable" as const, command: "juju models", said: [] };
    const away: Presence = { state: "unclear", reasons: [{ code: "unreachable", problem }], why: "away" };
    const settings = { controllerLost: recordedModel.controllerUuid };
    const dying: Presence = { state: "dying", model: model({ life: "dying" }) };
    const { code } = await problemOf(setUp({ seen: [away, dying], settings }).check());
    expect(code).to.equal("exit-criteria");
    const { check, run } = setUp({ seen: [away, away, gone], settings });
    await check();
    const last = run.journal.events().findLast(({ event }) => event === "exit-criteria");
    expect(last?.event === "exit-criteria" && last.criteria[0]?.found).to.equal("gone");
  });

  it("judge a survey alone: a lost controller, and sides that give no answer", async () => {
    const away = async (): Promise<never> => {
      throw jujuError("unreachable", "juju is away\nmore");
    };
    const silent = async (): Promise<never> => {
      throw maasFailure("server");
    };
    const judged = async (settings: Record<string, unknown>, version?: typeof silent) => {
      const context = contextWith({
        juju: fakeJuju([], { models: away }),
        maas: fakeMaas(ready, version && { version }),
        settings,
      });
      const record = recordedLab();
      return judgeExit(await survey(context, { record }), record, context.settings);
    };
    const [lost, ...machines] = await judged({ controllerLost: recordedModel.controllerUuid });
    expect(lost).to.include({
      met: true,
      found: "its controller is lost, accepted by `controllerLost`",
      by: "accepted",
    });
    expect(machines.map(({ met, found }) => [met, found])).to.deep.equal([
      [true, "Ready"],
      [true, "Ready"],
    ]);
    const [notLost] = await judged({ controllerLost: otherUuid });
    expect(notLost).to.include({ met: false, next: "pulumi destroy" });
    expect(notLost?.found).to.not.include("\n");
    const noMaas = await judged({}, silent);
    expect(noMaas).to.have.length(2);
    expect(noMaas[1]).to.include({
      met: false,
      subject: "MAAS http://maas:5240/MAAS",
      next: "pulumi destroy",
    });
  });
});
