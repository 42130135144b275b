import { expect } from "chai";
import { permitting } from "../faults/witness.ts";
import { machines } from "./lab.ts";
import { adoptedStack, makeStack, type Stack } from "./stack.ts";

const changing = async (stack: Stack): Promise<string[]> =>
  (await stack.lab.calls())
    .map(({ what }) => what)
    .filter((what) => /^(POST|PUT|DELETE)|juju (destroy|remove)/.test(what));

describe("what the runbook is afraid of, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(() => stack.end());

  it("removes the machines of a stuck model by force, and destroys it again, with the storage flag", async () => {
    stack = await adoptedStack({
      scenario: {
        models: [{ name: "openstack", reap: "1m", stuck: "until-machines-removed", storage: true }],
      },
      config: { stuckAfter: "4s" },
    });
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    expect(output).to.match(/still dying after 4\.0 s: removing machines \d \(\S+\).* by force/);
    const calls = await changing(stack);
    const destroys = calls.filter((what) => what.includes("destroy-model"));
    expect(destroys.length).to.be.at.least(2);
    for (const what of destroys)
      expect(what).to.match(/destroy-model [0-9a-f-]{36} --force --no-wait --destroy-storage --no-prompt/);
    expect(calls.find((what) => what.includes("remove-machine"))).to.match(
      /--force --no-prompt|--no-prompt --force/,
    );
    // Measured from the run's first destroy-model, not from whatever came later.
    const journal = stack.journal();
    const at = (event: string) => Date.parse(journal.find((each) => each.event === event)?.at ?? "");
    expect(at("remove-machines-called") - at("destroy-model-called")).to.be.at.least(4_000);
  });

  it("waits for a MAAS that is down in the middle, and goes on when it is back", async () => {
    stack = await adoptedStack({
      scenario: {
        machines: machines({ openstack1: { release: "4m" } }),
        faults: [{ side: "maas", from: "release+2s", for: "3m", kind: "refused" }],
      },
    });
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    expect(output).to.include("proceed to 02-deploy.md");
    expect((await stack.lab.state()).machines.every(({ status }) => status === "Ready")).to.equal(true);
  });

  it("does not believe juju's exit code 0 when the connection was lost", async () => {
    stack = await adoptedStack({
      scenario: {
        models: [{ name: "openstack", reap: "6m" }],
        faults: [{ side: "juju", command: "destroy-model", times: 1, kind: "poll-drops", after: 0 }],
      },
    });
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    const answers = stack
      .journal()
      .flatMap((event) => (event.event === "destroy-model-answered" ? [event.kind] : []));
    expect(answers[0]).to.equal("lost-connection");
    expect((await stack.lab.state()).juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
  });

  it("says how to adopt what is left of a lab that was half destroyed by hand, and finishes it", async () => {
    stack = await makeStack({
      scenario: { machines: machines({ "capi-mgmt": { status: "Ready", model: undefined } }) },
    });
    await stack.lab.control({ op: "remove-model", name: "openstack" });
    await stack.lab.control({ op: "remove-machine", hostname: "openstack3" });
    const refused = await stack.up();
    expect(refused.code).to.not.equal(0);
    expect(refused.output)
      .to.match(/REFUSED +model +openstack +is not on the controller/)
      .and.match(/REFUSED +machine +openstack3 +is not in MAAS/)
      .and.include("pulumi config set adoptPartial gone")
      .and.include("nothing was adopted; exit-criteria says why");

    // A machine that is not there is never adopted, whatever is permitted.
    stack.configure({ adoptPartial: "gone" });
    const absent = await stack.up();
    expect(absent.code).to.not.equal(0);
    expect(absent.output)
      .to.include("openstack3  is not in MAAS")
      .and.not.match(/REFUSED +model/);
    stack.configure({ machines: ["openstack0", "openstack1", "openstack2", "capi-mgmt"] });
    const adopted = await stack.up();
    expect(adopted.code, adopted.output).to.equal(0);
    expect(await changing(stack)).to.deep.equal([]);

    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    expect(stack.journal().some((event) => event.event === "captured" && event.withoutBundle)).to.equal(true);
    expect(stack.resources()).to.deep.equal([]);
  });

  it("shows a machine that belongs to the model but is not listed, and refuses to destroy it in silence", async () => {
    stack = await makeStack({
      scenario: {
        machines: [...machines(), { hostname: "forgotten", model: "openstack", powerType: "ipmi" }],
      },
    });
    expect((await stack.up()).code).to.equal(0);
    const preview = await stack.pulumi("preview");
    expect(preview.output).to.match(/forgotten .* REFUSED: not listed/);
    const { code, output } = await stack.destroy();
    expect(code).to.not.equal(0);
    expect(output)
      .to.include("Juju would destroy it although it is not listed")
      .and.match(/pulumi destroy -c alsoDestroyed=\w{6}/);
    expect(await changing(stack)).to.deep.equal([]);
  });

  it("refuses a simulated MAAS unless the stack says that it is one", async () => {
    stack = await makeStack({ config: { simulated: undefined } });
    const { code, output } = await stack.up();
    expect(code).to.not.equal(0);
    expect(output).to.include("is a simulated MAAS, and this stack is not a simulated lab");
  });

  it("shows the live state before a destroy asks", async () => {
    stack = await adoptedStack({
      scenario: { machines: machines({ openstack1: { status: "Ready", model: undefined } }) },
    });
    const { code, output } = await stack.pulumi("destroy", "--preview-only");
    expect(code, output).to.equal(0);
    expect(output).to.match(/openstack0\):\n +found Deployed, power on, owner juju/);
    expect(output).to.match(/openstack1\):\n +found Ready, power off, no owner/);
    expect(await changing(stack)).to.deep.equal([]);
  });

  it("accepts a machine that was deleted from MAAS when it is named, so that the stack can be finished", async () => {
    stack = await adoptedStack({ scenario: { machines: machines({ "capi-mgmt": { dynamic: true } }) } });
    const gone = await stack.destroy();
    expect(gone.code).to.not.equal(0);
    expect(gone.output).to.include("is no longer in MAAS");
    const { code, output } = await stack.destroy(...permitting(gone, "acceptDeleted"));
    expect(code, output).to.equal(0);
    expect(output).to.match(/met +machine capi-mgmt \w{6} +deleted from MAAS, accepted/);
  });
});
