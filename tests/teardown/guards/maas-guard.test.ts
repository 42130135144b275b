import { expect } from "chai";
import type { JujuModel } from "../../../teardown/clients/juju.ts";
import type { MaasClient, MaasMachine } from "../../../teardown/clients/maas.ts";
import { TeardownError } from "../../../teardown/errors.ts";
import {
  deletionFindings,
  lookAtMaas,
  machineFindings,
  simulationFinding,
  unlistedFindings,
} from "../../../teardown/guards/maas-guard.ts";
import {
  contextWith,
  controllerModel,
  fakeMaas,
  machine,
  model,
  modelUuid,
  recordedLab,
  recordedMachine,
  secondMachine,
} from "../support/fakes.ts";

const look = (
  machines: MaasMachine[],
  more: Partial<MaasClient> = {},
  settings: Record<string, unknown> = {},
) => lookAtMaas(contextWith({ maas: fakeMaas(machines, more), settings }), recordedLab(), undefined);
const lab = [machine(), secondMachine()];
const simulated = { version: async () => ({ version: "3.6.5", simulated: true }) };

describe("MAAS guard: MAAS itself", () => {
  it("answers, as whom, and shows what the others judge", async () => {
    const unlisted = machine({ systemId: "ccc222", hostname: "extra" });
    const { findings, seen } = await look([...lab, unlisted], {
      vmHosts: async () => [
        { name: "lxd-1", systemId: "bbb111" },
        { name: "elsewhere", systemId: null },
      ],
    });
    expect(findings).to.deep.equal([
      {
        guard: "maas",
        subject: "http://maas:5240/MAAS",
        verdict: "ok",
        found: "answers, as admin (administrator)",
      },
    ]);
    expect([...(seen?.byId.keys() ?? [])]).to.deep.equal(["aaa000", "bbb111"]);
    expect(seen?.namesakes.size).to.equal(0);
    expect(seen?.ofModel.map(({ hostname }) => hostname)).to.deep.equal([
      "openstack0",
      "openstack1",
      "extra",
    ]);
    expect([...(seen?.vmHosts ?? [])]).to.deep.equal([["bbb111", "lxd-1"]]);
  });

  it("shows what has the hostname of a machine that is no longer there, and asks for nobody else's", async () => {
    const asked: (string[] | undefined)[] = [];
    const there = [machine(), secondMachine({ systemId: "zzz999" })];
    const { seen } = await look(there, {
      machines: async ({ systemIds, hostnames }) => {
        if (hostnames) asked.push(hostnames);
        return there.filter(
          ({ systemId, hostname }) => systemIds?.includes(systemId) || hostnames?.includes(hostname),
        );
      },
    });
    expect(asked).to.deep.equal([["openstack1"]]);
    expect([...(seen?.namesakes ?? [])].map(([name, { systemId }]) => [name, systemId])).to.deep.equal([
      ["openstack1", "zzz999"],
    ]);
  });

  it("is not taken for an administrator's when it is none", async () => {
    const { findings } = await look(lab, { whoami: async () => ({ username: "eve", isAdmin: false }) });
    expect(findings[0]?.found).to.equal("answers, as eve");
  });

  it("is not asked for a model's machines when there is no model", async () => {
    const { model: _, ...withoutModel } = recordedLab();
    const { seen } = await lookAtMaas(contextWith(), { ...withoutModel }, undefined);
    expect(seen?.ofModel).to.deep.equal([]);
  });

  it("is refused when it is simulated and the stack is not, and the other way round", async () => {
    expect((await look(lab, simulated)).findings[0]).to.include({
      verdict: "refused",
      found: "is a simulated MAAS, and this stack is not a simulated lab",
      next: "point maasProfile or maasApiUrl at the real MAAS; only a stack for play says `simulated: true`",
    });
    expect((await look(lab, {}, { simulated: true })).findings[0]).to.include({
      verdict: "refused",
      found: "is a real MAAS, and this stack says `simulated: true`",
    });
    expect((await look(lab, simulated, { simulated: true })).findings[0]?.verdict).to.equal("ok");
    expect(simulationFinding(contextWith(), false, "u")).to.equal(undefined);
  });

  it("is refused when it is another one than at `up`; a lab that does not know its MAAS does not mind", async () => {
    const other = { url: "http://other/MAAS" };
    const { findings } = await look(lab, other);
    expect(findings[1]).to.include({
      verdict: "refused",
      subject: "http://other/MAAS",
      expected: "http://maas:5240/MAAS",
    });
    const unknown = await lookAtMaas(
      contextWith({ maas: fakeMaas(lab, other) }),
      recordedLab({ maasUrl: "" }),
      undefined,
    );
    expect(unknown.findings.map(({ verdict }) => verdict)).to.deep.equal(["ok"]);
  });

  it("is refused when it does not answer: the first line is what was found, the rest what to do", async () => {
    const failing = async () => {
      throw new TeardownError("maas", "MAAS does not take the API key\nLog in again:\n  maas login admin");
    };
    const view = await look(lab, { whoami: failing });
    expect(view).to.deep.equal({
      findings: [
        {
          guard: "maas",
          subject: "http://maas:5240/MAAS",
          verdict: "refused",
          found: "MAAS does not take the API key",
          expected: "MAAS answers",
          next: "Log in again:\n  maas login admin",
        },
      ],
      seen: undefined,
    });
    expect(machineFindings(contextWith(), recordedLab(), view, [], noClaims)).to.deep.equal([]);
  });

  it("is named by its profile when there is no client at all", async () => {
    const context = { ...contextWith(), maas: () => Promise.reject(new Error("no profile admin")) };
    expect((await lookAtMaas(context, recordedLab(), undefined)).findings[0]).to.deep.equal({
      guard: "maas",
      subject: "admin",
      verdict: "refused",
      found: "no profile admin",
      expected: "MAAS answers",
    });
  });
});

const noClaims = { ofModel: new Set<string>(), begun: new Set<string>(), releaseUnclaimed: [] };

describe("MAAS guard: the machines", () => {
  it("judges each by its recorded system_id, absent ones by their name", async () => {
    const view = await look([machine({ locked: true }), secondMachine({ systemId: "new999" })]);
    const findings = machineFindings(contextWith(), recordedLab(), view, [model()], noClaims);
    expect(findings.map(({ machine, verdict, found }) => [machine, verdict, found])).to.deep.equal([
      ["openstack0", "refused", "is locked"],
      ["openstack1", "refused", "is another machine now: new999; the lab was rebuilt since `up`"],
    ]);
  });

  it("knows which models live only if Juju was asked", async () => {
    const { model: _, ...withoutModel } = recordedLab({ machines: [recordedMachine()] });
    const context = contextWith();
    const view = await lookAtMaas(context, withoutModel, undefined);
    const verdict = (models: JujuModel[] | undefined) =>
      machineFindings(context, withoutModel, view, models, noClaims)[0]?.verdict;
    expect(verdict(undefined)).to.equal("refused");
    expect(verdict([model()])).to.equal("refused");
    expect(verdict([controllerModel])).to.equal("ok");
  });
});

describe("MAAS guard: machines that nobody listed", () => {
  const extra = [
    { hostname: "openstack0", systemId: "aaa000" },
    { hostname: "extra", systemId: "ccc222" },
  ];

  it("refuses those that Juju would destroy with the model, with the setting that allows it", () => {
    const [finding, ...more] = unlistedFindings(contextWith(), recordedLab(), extra);
    expect(more).to.deep.equal([]);
    expect(finding).to.include({ verdict: "refused", subject: "extra ccc222", guard: "unlisted" });
    expect(finding).to.not.have.property("machine");
    expect(finding?.next).to.include("pulumi destroy -c alsoDestroyed=ccc222");
  });

  it("notes those that the configuration allows", () => {
    const context = contextWith({ settings: { alsoDestroyed: "ccc222" } });
    expect(unlistedFindings(context, recordedLab(), extra).map(({ verdict }) => verdict)).to.deep.equal([
      "note",
    ]);
  });

  it("counts a machine that was adopted and taken off the list since", () => {
    const context = contextWith({ settings: { machines: ["openstack1"] } });
    const subjects = unlistedFindings(context, recordedLab(), extra).map(({ subject }) => subject);
    expect(subjects).to.deep.equal(["openstack0 aaa000", "extra ccc222"]);
  });
});

describe("MAAS guard: versions of Juju that delete virtual machines", () => {
  const virtual = [machine({ powerType: "lxd" }), secondMachine({ pod: "pod1" })];
  const findings = async (machines: MaasMachine[], models: JujuModel[] | undefined, settings = {}) => {
    const context = contextWith({ maas: fakeMaas(machines), settings });
    return deletionFindings(
      context,
      recordedLab(),
      await lookAtMaas(context, recordedLab(), undefined),
      models,
    );
  };

  it("are refused by the model's or the controller's version, naming the machines and the upgrade", async () => {
    const cases: [JujuModel[], string, string][] = [
      [[model({ agentVersion: "3.6.24" }), controllerModel], "3.6.24", "3.6.25"],
      [[model(), { ...controllerModel, agentVersion: "4.0.12" }], "4.0.12", "4.0.13"],
    ];
    for (const [models, version, fixed] of cases) {
      const [finding] = await findings(virtual, models);
      expect(finding).to.include({
        guard: "juju version",
        subject: version,
        verdict: "refused",
        found: "would delete openstack0, openstack1 from MAAS instead of releasing (juju/juju#22691)",
      });
      expect(finding?.next)
        .to.include(`upgrade to ${fixed}`)
        .and.to.include(`pulumi destroy -c acceptVmDeletion=${modelUuid}`);
    }
  });

  it("are noted when that is accepted, and all is well when no machine is virtual", async () => {
    const models = [model({ agentVersion: "3.6.24" })];
    expect((await findings(virtual, models, { acceptVmDeletion: modelUuid }))[0]).to.include({
      verdict: "note",
    });
    expect((await findings(lab, models))[0]).to.include({
      verdict: "ok",
      found: "would delete virtual machines from MAAS; the model has none",
    });
  });

  it("are no matter with any other version, without a model, or when nobody could be asked", async () => {
    for (const agentVersion of ["3.6.23", "3.6.25", "4.0.11", "4.0.13", "3.6.240", undefined]) {
      expect(await findings(virtual, [model({ agentVersion })]), agentVersion).to.deep.equal([]);
    }
    expect(await findings(virtual, [{ ...controllerModel, agentVersion: "3.6.24" }])).to.deep.equal([]);
    expect(await findings(virtual, undefined)).to.deep.equal([]);
  });
});
