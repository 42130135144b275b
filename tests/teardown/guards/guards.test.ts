import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { askGuards } from "../../../teardown/guards/guards.ts";
import {
  contextWith,
  controllerModel,
  fakeJuju,
  fakeMaas,
  machine,
  model,
  modelUuid,
  recordedLab,
  secondMachine,
} from "../support/fakes.ts";

describe("guards: all of them", () => {
  let backupRoot = "";
  beforeEach(() => {
    backupRoot = mkdtempSync(join(tmpdir(), "guards-"));
  });
  afterEach(() => rmSync(backupRoot, { recursive: true, force: true }));
  const lab = [machine(), secondMachine()];
  const inModel = (...ids: [string, string][]) => ({
    machines: async () =>
      ids.map(([instanceId, hostname], at) => ({
        id: String(at),
        instanceId,
        hostname,
        displayName: "",
        containers: [],
      })),
  });

  it("pass for a lab as it was recorded, each with what it saw", async () => {
    const { findings, around } = await askGuards(contextWith({ settings: { backupRoot } }), recordedLab());
    expect(findings.map(({ guard, verdict }) => `${guard} ${verdict}`)).to.deep.equal([
      "host ok",
      "user ok",
      "backup root ok",
      "list ok",
      "juju ok",
      "model ok",
      "maas ok",
      "machine ok",
      "machine ok",
    ]);
    expect([...(around.liveModels ?? [])]).to.include(modelUuid);
  });

  it("show what one side found although the other one cannot be reached", async () => {
    const down = async () => {
      throw new Error("cannot be reached");
    };
    const locked = fakeMaas([machine({ locked: true }), secondMachine()]);
    const withoutJuju = contextWith({
      settings: { backupRoot },
      maas: locked,
      juju: fakeJuju([], { models: down, machines: down }),
    });
    const refusals = (await askGuards(withoutJuju, recordedLab())).findings.filter(
      ({ verdict }) => verdict === "refused",
    );
    expect(refusals.map(({ guard, found }) => `${guard}: ${found}`)).to.deep.equal([
      "juju: cannot be reached",
      "machine: is locked",
    ]);

    const suspended = fakeJuju([controllerModel, model({ status: "suspended" })]);
    const withoutMaas = contextWith({
      settings: { backupRoot },
      maas: fakeMaas(lab, { version: down }),
      juju: suspended,
    });
    const { findings, around } = await askGuards(withoutMaas, recordedLab());
    expect(findings.filter(({ verdict }) => verdict === "refused").map(({ guard }) => guard)).to.deep.equal([
      "model",
      "maas",
    ]);
    expect(around.vmHosts.size).to.equal(0);
  });

  it("find a machine of the model that only Juju knows of, and each one once", async () => {
    const juju = fakeJuju(
      [controllerModel, model()],
      inModel(["aaa000", "openstack0"], ["ddd333", "hidden"], ["pending", "soon"]),
    );
    const { findings } = await askGuards(contextWith({ settings: { backupRoot }, juju }), recordedLab());
    const unlisted = findings.filter(({ guard }) => guard === "unlisted");
    expect(unlisted.map(({ subject, verdict }) => `${subject} ${verdict}`)).to.deep.equal([
      "hidden ddd333 refused",
    ]);
  });
});
