import { expect } from "chai";
import { adoption } from "../../teardown/adopt.ts";
import type { JujuModel } from "../../teardown/clients/juju.ts";
import type { MaasClient, MaasMachine } from "../../teardown/clients/maas.ts";
import type { Context } from "../../teardown/context.ts";
import { judge } from "../../teardown/guards/guards.ts";
import { machineWords, modelWords, previewOf, previewTable } from "../../teardown/preview.ts";
import { survey } from "../../teardown/survey.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  machine,
  model,
  recordedLab,
  secondMachine,
} from "./support/fakes.ts";

const both = [machine(), secondMachine()];
const all = [controllerModel, model()];
const ofModel = [{ id: "0", instanceId: "aaa000", hostname: "openstack0", displayName: "", containers: [] }];
const lab = (
  machines: MaasMachine[] = both,
  models: JujuModel[] = all,
  settings: Record<string, unknown> = {},
  maas: Partial<MaasClient> = {},
) =>
  contextWith({
    maas: fakeMaas(machines, maas),
    juju: fakeJuju(models, {
      status: async () => ({ applications: 3, units: 5, machines: ofModel, raw: "" }),
      machines: async () => ofModel,
    }),
    settings,
  });
const preview = async (context: Context, record = recordedLab()) => {
  const seen = await survey(context, { record, contents: true });
  return previewOf(seen, record, judge(seen, record, context.settings, context.host));
};

describe("preview", () => {
  it("says what a destroy does to each machine", async () => {
    const cases: [
      Partial<MaasMachine>,
      Parameters<typeof machine>[1],
      Record<string, unknown>,
      string,
      string,
    ][] = [
      [{}, "deployed", {}, "release", "released"],
      [{}, "deployed", { erase: "quick" }, "release", "released, disks erased (quick)"],
      [{}, "ready", {}, "nothing", "nothing: Ready already"],
      [{}, "releasing", {}, "wait", "waited for until Ready"],
      [{}, "disk_erasing", {}, "wait", "waited for until Ready"],
      [{ locked: true }, "deployed", {}, "refused", "REFUSED"],
      [{}, "commissioning", {}, "refused", "REFUSED"],
    ];
    for (const [more, label, settings, onDestroy, words] of cases) {
      const context = lab([machine(more, label), secondMachine()], all, settings);
      const [first, second] = (await preview(context)).machines;
      expect(first?.onDestroy, words).to.equal(onDestroy);
      expect(first && machineWords(first, context.settings)).to.equal(words);
      expect(second?.onDestroy, words).to.equal("release");
    }
  });

  it("shows what the model and its machines are", async () => {
    const { model: seen, machines, controller, maasUrl, findings } = await preview(lab());
    expect(seen).to.include({
      name: "admin/openstack",
      life: "alive",
      applications: 3,
      units: 5,
      controller: "maas-lab",
      onDestroy: "destroy",
    });
    expect(
      machines.map(({ hostname, jujuMachine, listed }) => [hostname, jujuMachine, listed]),
    ).to.deep.equal([
      ["openstack0", "0", true],
      ["openstack1", "", true],
    ]);
    expect([controller, maasUrl]).to.deep.equal(["maas-lab", "http://maas:5240/MAAS"]);
    expect(findings.filter(({ verdict }) => verdict !== "ok")).to.deep.equal([]);
  });

  it("tells a model on its way out, one that is refused, and one that is gone", async () => {
    const onDestroy = async (...models: JujuModel[]) =>
      (await preview(lab(both, [controllerModel, ...models]))).model?.onDestroy;
    expect(await onDestroy(model({ life: "dying" }))).to.equal("wait");
    expect(await onDestroy(model({ status: "suspended" }))).to.equal("refused");
    expect(await onDestroy()).to.equal(undefined);
    expect(modelWords).to.deep.equal({
      destroy: "captured, then destroyed by force",
      wait: "followed until it is gone",
      refused: "REFUSED",
    });
  });

  it("shows the model's machines that are not listed, and whether that is allowed", async () => {
    const extra = machine({ systemId: "ccc222", hostname: "extra" });
    const unlisted = async (settings: Record<string, unknown>) => {
      const context = lab([...both, extra], all, settings);
      const found = (await preview(context)).machines.filter(({ listed }) => !listed);
      return found.map((each) => `${each.hostname}: ${machineWords(each, context.settings)}`);
    };
    expect(await unlisted({})).to.deep.equal(["extra: REFUSED: not listed"]);
    expect(await unlisted({ alsoDestroyed: "ccc222" })).to.deep.equal([
      "extra: NOT LISTED: Juju destroys it with the model",
    ]);
  });

  it("is not stopped by a status that cannot be read: no number is made up", async () => {
    const down = async (): Promise<never> => {
      throw new Error("down");
    };
    const context = contextWith({ juju: fakeJuju(all, { status: down }) });
    const seen = await preview(context);
    expect(seen.model).to.include({ applications: undefined, units: undefined });
    expect(seen.machines).to.have.length(2);
    expect(seen.findings.some(({ verdict }) => verdict === "refused")).to.equal(false);
    expect(previewTable(seen, context.settings)).to.match(/alive +unknown +unknown +captured/);
  });

  it("shows no machine as one that may be released when its VM hosts cannot be read", async () => {
    const vmHosts = async (): Promise<never> => {
      throw new Error("no VM hosts today");
    };
    const { machines, findings, model: seen } = await preview(lab(both, all, {}, { vmHosts }));
    expect(machines).to.deep.equal([]);
    expect(seen?.applications).to.equal(3);
    expect(findings.flatMap((each) => (each.code === "maas-failed" ? [each.said] : []))).to.deep.equal([
      "no VM hosts today",
    ]);
  });
});

describe("preview table", () => {
  const table = async (context: Context, record = recordedLab()) =>
    previewTable(await preview(context, record), context.settings);

  it("shows the model and each machine in columns that stand below each other", async () => {
    const long = secondMachine({ hostname: "openstack1", owner: "a-very-long-owner", powerState: "unknown" });
    const lines = (await table(lab([machine(), long]))).split("\n");
    expect(lines[0]).to.equal(
      "what `pulumi destroy` affects (controller maas-lab, MAAS http://maas:5240/MAAS)",
    );
    const rows = lines.filter((line) => /^ {2}(machine|openstack\d)/.test(line));
    expect(rows).to.have.length(3);
    const columnsOf = (line: string) => [...line.matchAll(/(?<= {2})\S/g)].map(({ index }) => index);
    const [head, ...others] = rows.map(columnsOf);
    for (const each of others) expect(each).to.deep.equal(head);
    expect(lines.some((line) => line.includes("captured, then destroyed by force"))).to.equal(true);
  });

  it("says that there is no model, and lists what is wrong with what to do, but not what is well", async () => {
    const context = lab([machine()], [controllerModel]);
    const seen = await survey(context, { contents: true });
    const { record, findings } = adoption(seen, context.settings, undefined);
    const text = previewTable(previewOf(seen, record, findings), context.settings);
    expect(text).to.include("model openstack: gone, or not visible");
    expect(text).to.match(
      /\n {2}REFUSED +machine +openstack1 +is not in MAAS.*\n {12}next: {5}look: maas admin/,
    );
    expect(await table(lab())).to.not.match(/\n {2}ok /);
  });

  it("lets no name from outside draw on the screen", async () => {
    const text = await table(lab([machine({ owner: "eve\u001b[2J\nopenstack9" }), secondMachine()]));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
    expect(text.replaceAll("\n", "")).to.not.match(/[\u0000-\u001f]/);
    expect(text).to.not.match(/^openstack9/m);
  });
});
