import { expect } from "chai";
import type { Plan } from "../../../commands/plan/plan.ts";
import { renderMarkdown, renderText } from "../../../commands/plan/render.ts";
import { settingsWith } from "../../teardown/support/fakes.ts";

const plan = (more: Partial<Plan> = {}): Plan => ({
  v: 1,
  at: "2026-11-22T14:00:00.000Z",
  project: "openstack-lab",
  stack: "lab",
  simulated: false,
  identities: "stack",
  wouldGo: true,
  why: [],
  backupRoot: "/home/jessea123/backups",
  nextStep: "02-deploy.md",
  findings: [{ guard: "host", subject: "vopenstack-jesse", verdict: "ok", found: "the host of this lab" }],
  lab: {
    controller: "maas-lab",
    maasUrl: "http://maas:5240/MAAS",
    findings: [],
    model: {
      name: "admin/openstack",
      uuid: "22d8",
      life: "alive",
      status: "available",
      applications: 25,
      units: 40,
      controller: "maas-lab",
      controllerUuid: "c",
      onDestroy: "destroy",
    },
    machines: [
      {
        hostname: "openstack0",
        systemId: "abc123",
        status: "Deployed",
        power: "on",
        powerType: "ipmi",
        owner: "juju",
        jujuMachine: "0",
        listed: true,
        onDestroy: "release",
      },
    ],
  },
  ...more,
});
const settings = settingsWith();
const refusedPlan = (found: string, next: string): Plan =>
  plan({
    wouldGo: false,
    why: ["1 of 1 guards refuse"],
    findings: [
      { guard: "machine", subject: "openstack0", verdict: "refused", found, expected: "unlocked", next },
    ],
  });

describe("the plan as text", () => {
  it("shows what is affected, what the guards say and the verdict", () => {
    const text = renderText(plan(), settings);
    expect(text).to.match(/admin\/openstack +22d8 +alive +25 +40 +captured, then destroyed by force/);
    expect(text).to.match(/openstack0 +abc123 +Deployed +on +juju +0 +released/);
    expect(text).to.contain("pulumi destroy would go: 1 guards pass");
  });

  it("says what a guard expected and what to do when it would refuse", () => {
    const text = renderText(refusedPlan("is locked", "maas admin machine unlock abc123"), settings);
    expect(text).to.contain("would be refused").and.to.contain("next:     maas admin machine unlock abc123");
  });

  it("says that the identities are only today's when the stack has none, and which run would be continued", () => {
    expect(renderText(plan({ identities: "today" }), settings)).to.contain("the stack has none on record");
    const open = { directory: "/b/run", destructive: true };
    expect(renderText(plan({ openRun: open }), settings)).to.contain(
      "continues /b/run, in which something was destroyed already",
    );
  });

  it("does without a lab that cannot be seen", () => {
    const lab = {
      controller: "maas-lab",
      maasUrl: "http://maas",
      model: undefined,
      machines: [],
      findings: [],
    };
    const unseen = plan({ lab, wouldGo: false, why: ["2 of 9 guards refuse"] });
    expect(renderText(unseen, settings))
      .to.contain("model openstack: gone, or not visible")
      .and.to.contain("2 of 9 guards refuse");
    expect(renderMarkdown(unseen, settings))
      .to.contain("| openstack |   | gone, or not visible |")
      .and.to.contain("2 of 9 guards refuse");
  });

  it("makes up no number that juju does not say, and says what an erase does", () => {
    const { lab } = plan();
    const uncounted = plan({
      lab: { ...lab, model: lab.model && { ...lab.model, applications: undefined, units: undefined } },
    });
    expect(renderText(uncounted, settings)).to.match(/alive +unknown +unknown +captured/);
    expect(renderMarkdown(uncounted, settings)).to.contain("| alive | unknown | unknown | captured,");
    expect(renderMarkdown(plan(), settingsWith({ erase: "quick" }))).to.contain(
      "released, disks erased (quick)",
    );
  });
});

describe("the plan as Markdown", () => {
  it("is tables, with the commands of refusals in fences", () => {
    const text = renderMarkdown(refusedPlan("is locked", "first\nsecond ``` third"), settings);
    expect(text).to.contain("**Would be refused**");
    expect(text).to.contain("| openstack0 | abc123 | Deployed | on | juju | 0 | released |");
    expect(text).to.contain("  ````\n  first\n  second ``` third\n  ````");
  });

  it("keeps what the world says inside its cell", () => {
    const text = renderMarkdown(
      refusedPlan("a | b\n| c | <img src=x> [x](http://evil) `code`", ""),
      settings,
    );
    const rows = text.split("\n").filter((line) => line.startsWith("| machine | openstack0"));
    expect(rows).to.deep.equal([
      "| machine | openstack0 | refused | a \\| b \\| c \\| \\<img src=x\\> \\[x\\](http://evil) \\`code\\` |",
    ]);
  });
});
