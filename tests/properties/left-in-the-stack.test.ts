import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Finding } from "../../teardown/guards/finding.ts";
import { readJournal } from "../../teardown/run/journal.ts";
import { destroyOnce } from "./support/destroy.ts";
import { quickDisk } from "./support/play.ts";
import type { DestroyPlan, Scenario } from "./support/scenario.ts";
import { emptyStack, up } from "./support/stack.ts";
import { deployed } from "./support/stage.ts";
import { virtualClock } from "./support/virtual-clock.ts";
import { hostnameOf, makeWorld } from "./support/world.ts";

const many = 5;
const hostnames = Array.from({ length: many }, (_, at) => hostnameOf(at));
const level = ["reaping", ...hostnames];

/** What partial destroys and failures can leave in a stack: the engine deletes level by level, and each of the machines' level alone. */
const leftOvers: string[][] = [
  ["preflight", "backup", "model", ...level, "exit"],
  ["backup", "model", ...level, "exit"],
  ["model", ...level, "exit"],
  ...Array.from({ length: 2 ** level.length }, (_, bits) => [
    ...level.filter((_name, at) => bits & (1 << at)),
    "exit",
  ]),
];

const scenario = (unlisted: boolean): Scenario => ({
  seed: 1,
  machines: hostnames.map(() => deployed),
  model: { life: "alive", applications: 2, reap: 60_000, stuck: { kind: "no" }, unlisted, calls: [] },
  happenings: [],
  destroys: [],
  stuckAfter: 600_000,
});
const plain: DestroyPlan = {
  ends: { kind: "by-itself" },
  deadline: 3_600_000,
  parallel: 8,
  before: "nothing",
  pause: 0,
  continueOnError: true,
};

type Ended = { ended: string; refusals: Finding["code"][]; touched: number; errors: string[] };

/** One destroy of a lab that is whole and alive, by a stack in which only some resources are left. */
const destroyWith = async (rows: string[], run: "there" | "lost", unlisted: boolean): Promise<Ended> => {
  const backupRoot = mkdtempSync(join(quickDisk, "left-in-the-stack-"));
  const clock = virtualClock(Date.parse("2026-11-22T14:00:00Z"));
  const world = makeWorld(scenario(unlisted), clock);
  const stack = emptyStack(hostnames, backupRoot, 600_000);
  const destroy = () => destroyOnce({ world, stack, plan: plain, violations: [], whenRowEnds: () => {} });
  try {
    return await clock.run(
      (async () => {
        await up(world, stack);
        if (run === "there") {
          // A destroy that a guard refused has opened it.
          world.blocked = true;
          await destroy();
          world.blocked = false;
        }
        stack.rows = new Set(rows);
        const { ended, errors } = await destroy();
        const [name = ""] = readdirSync(backupRoot);
        const events = readJournal(join(backupRoot, name, "journal.jsonl"));
        const last = events.findLast(({ event }) => event === "guards-refused" || event === "guards-passed");
        const findings = last && "findings" in last ? last.findings : [];
        return {
          ended,
          refusals: findings.filter(({ verdict }) => verdict === "refused").map(({ code }) => code),
          touched: events.filter(
            ({ event }) => event === "destroy-model-called" || event === "release-called",
          ).length,
          errors: errors.map(({ error }) => error.message),
        };
      })(),
    );
  } finally {
    rmSync(backupRoot, { recursive: true, force: true });
  }
};

describe("whatever is left in the stack, while the model is alive", () => {
  for (const run of ["there", "lost"] as const) {
    it(`an unlisted machine is the same finding in each of ${leftOvers.length} stacks, the run directory ${run}`, async function () {
      this.timeout(60_000);
      for (const rows of leftOvers) {
        const what = rows.join(", ");
        const { ended, refusals, touched, errors } = await destroyWith(rows, run, true);
        expect(ended, what).to.equal("failed");
        expect(touched, what).to.equal(0);
        // The exit criteria alone judge nothing that could be destroyed: they find the model alive.
        if (rows.length === 1) expect(errors.join("\n"), what).to.include("the exit criteria are not met");
        else expect(refusals, what).to.deep.equal(["unlisted"]);
      }
    });

    it(`no machine is released where the model has left the stack alive, the run directory ${run}`, async function () {
      this.timeout(60_000);
      for (const rows of leftOvers.filter((each) => !each.includes("model"))) {
        const what = rows.join(", ");
        const { ended, touched, errors } = await destroyWith(rows, run, false);
        expect(ended, what).to.equal("failed");
        expect(touched, what).to.equal(0);
        expect(errors.join("\n"), what).to.match(/is alive|the exit criteria are not met/);
      }
    });

    it(`the lab is torn down where the model is left in it, the run directory ${run}`, async function () {
      this.timeout(60_000);
      for (const rows of leftOvers.filter((each) => each.includes("model"))) {
        const { ended, errors } = await destroyWith(rows, run, false);
        expect(ended, errors.join("\n")).to.equal("complete");
      }
    });
  }
});
