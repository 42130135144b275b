import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  differences,
  digestOf,
  judgeApproval,
  type PlanFile,
  readPlanFile,
  scopeOf,
} from "../../teardown/approval.ts";
import { sayFindings } from "../../teardown/guards/say.ts";
import type { LabRecord } from "../../teardown/record.ts";
import { otherUuid, recordedLab, recordedMachine, recordedModel, settingsWith } from "./support/fakes.ts";

const digest = (lab: LabRecord = recordedLab(), settings: Record<string, unknown> = {}): string =>
  digestOf(scopeOf(lab, settingsWith(settings)));

describe("approval: the digest", () => {
  it("is the same whatever does not change what is destroyed", () => {
    const same: Record<string, unknown>[] = [
      { maasProfile: "admin" },
      { approved: "ab".repeat(32), requireApproval: true, approvedPlan: "/plan.json" },
      { stuckAfter: "20m", deadline: "3h", maasConcurrency: 3 },
      { jujuController: "" },
      { machines: ["openstack1", "openstack0"] },
    ];
    for (const settings of same)
      expect(digest(undefined, settings), JSON.stringify(settings)).to.equal(digest());
    const { machines } = recordedLab();
    expect(digest(recordedLab({ machines: machines.toReversed() }))).to.equal(digest());
    const byUrl = { maasProfile: "", maasApiUrl: "http://maas:5240/MAAS" };
    expect(digest(undefined, { ...byUrl, maasApiKey: "a:b:c" })).to.equal(
      digest(undefined, { ...byUrl, maasApiKey: "d:e:f" }),
    );
    const [one, other] = ["aaa111,bbb222", "bbb222,aaa111"].map((acceptDeleted) =>
      digest(undefined, { acceptDeleted }),
    );
    expect(one).to.equal(other);
  });

  it("is another one for each identity, setting and permission that changes what is destroyed", () => {
    const { machines } = recordedLab();
    const labs: LabRecord[] = [
      recordedLab(),
      recordedLab({ model: { ...recordedModel, uuid: otherUuid } }),
      recordedLab({ model: { ...recordedModel, controllerUuid: otherUuid } }),
      { maasUrl: "http://maas:5240/MAAS", machines },
      recordedLab({ maasUrl: "http://other:5240/MAAS" }),
      recordedLab({ machines: machines.slice(1) }),
      recordedLab({ machines: [recordedMachine({ systemId: "zzz999" }), ...machines.slice(1)] }),
    ];
    const settings: Record<string, unknown>[] = [
      { erase: "quick" },
      { jujuController: "other" },
      { machines: ["openstack0"] },
      { host: "other" },
      { backupRoot: "/srv" },
      { withoutBundle: otherUuid },
      { alsoDestroyed: "ccc222" },
      { snapshotCommand: ["/bin/true"] },
      { requireSnapshot: true },
    ];
    const all = [...labs.map((lab) => digest(lab)), ...settings.map((each) => digest(undefined, each))];
    expect(new Set(all).size).to.equal(all.length);
  });

  it("holds no secret", () => {
    const byUrl = { maasProfile: "", maasApiUrl: "http://maas:5240/MAAS", maasApiKey: "a:b:secret" };
    expect(JSON.stringify(scopeOf(recordedLab(), settingsWith(byUrl)))).to.not.include("a:b:secret");
  });
});

describe("approval: what is judged", () => {
  const judged = (settings: Record<string, unknown>, plan?: PlanFile | { problem: string }) =>
    sayFindings(judgeApproval(recordedLab(), settingsWith(settings), plan), {});
  const planOf = (settings: Record<string, unknown>): PlanFile => {
    const scope = scopeOf(recordedLab(), settingsWith(settings));
    return { v: 1, digest: digestOf(scope), project: "p", stack: "s", at: "2026-01-01T00:00:00Z", scope };
  };

  it("is nothing where no approval is given or required", () => {
    expect(judged({})).to.deep.equal([]);
  });

  it("refuses a destroy without one where one is required, with the command to type", () => {
    const [finding] = judged({ requireApproval: true });
    expect(finding).to.include({ guard: "approval", verdict: "refused" });
    expect(finding?.next).to.include(`pulumi destroy -c approved=${digest()}`);
    expect(finding?.next).to.include("npx openstack-lab plan --out");
  });

  it("takes today's digest, and no other", () => {
    expect(judged({ approved: digest() })).to.have.nested.property("[0].verdict", "ok");
    expect(judged({ approved: digest().toUpperCase(), requireApproval: true })[0]?.verdict).to.equal("ok");
    const [stale] = judged({ approved: digest(), erase: "disk" });
    expect(stale).to.include({ verdict: "refused" });
    expect(stale?.next).to.include("set approvedPlan to the file");
  });

  it("shows line by line what differs from the approved plan", () => {
    const plan = planOf({});
    const [finding] = judged({ approved: plan.digest, erase: "disk", withoutBundle: otherUuid }, plan);
    expect(finding?.next).to.include('  settings.erase: "none" when approved, "disk" now\n');
    expect(finding?.next).to.include(`  permissions.withoutBundle: [] when approved, ["${otherUuid}"] now\n`);
  });

  it("compares with no file that is not the approved plan", () => {
    const other = planOf({ erase: "quick" });
    const [finding] = judged({ approved: digest(), erase: "disk", approvedPlan: "/plan.json" }, other);
    expect(finding?.next).to.include("/plan.json is another plan than the approved one");
    const [unread] = judged(
      { approved: digest(), erase: "disk", approvedPlan: "/plan.json" },
      { problem: "is away" },
    );
    expect(unread?.next).to.include("/plan.json cannot be compared: is away");
  });

  it("names machines by their id in what differs", () => {
    const before = scopeOf(recordedLab(), settingsWith());
    const after = scopeOf(recordedLab({ machines: [recordedMachine()] }), settingsWith());
    expect(differences(before, after)).to.deep.equal([
      'machines.bbb111.hostname: "openstack1" when approved, not there now',
      'machines.bbb111.owner: "admin" when approved, not there now',
    ]);
  });
});

describe("approval: the plan file", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "approval-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const read = (content: string) => {
    const file = join(folder, "plan.json");
    writeFileSync(file, content);
    return readPlanFile(file);
  };
  const scope = scopeOf(recordedLab(), settingsWith());
  const plan: PlanFile = { v: 1, digest: digestOf(scope), project: "p", stack: "s", at: "now", scope };

  it("is read as it was written", () => {
    expect(read(JSON.stringify(plan))).to.deep.equal(plan);
  });

  it("is of no use when it was edited, is something else, or is away", () => {
    const edited = { ...plan, scope: { ...scope, maasUrl: "http://other" } };
    expect(read(JSON.stringify(edited)))
      .to.have.property("problem")
      .that.includes("was edited");
    expect(read("{}")).to.have.property("problem").that.includes("plan --out");
    expect(read("no JSON")).to.have.property("problem").that.includes("plan --out");
    expect(readPlanFile(join(folder, "nowhere")))
      .to.have.property("problem")
      .that.includes("ENOENT");
  });
});
