import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { captureFiles } from "../../../teardown/run/captured.ts";
import { isClosed } from "../../../teardown/run/journal.ts";
import { destroyOnce, type Outcome } from "./destroy.ts";
import { letHappen } from "./happen.ts";
import { doAsTold } from "./operator.ts";
import type { DestroyPlan, Scenario } from "./scenario.ts";
import { emptyStack, type Stack, up } from "./stack.ts";
import { virtualClock } from "./virtual-clock.ts";
import type { Violations } from "./watch.ts";
import { hostnameOf, labModel, makeWorld, type World } from "./world.ts";
import { finishErase } from "./world-machines.ts";
import { isDyingAlready } from "./world-models.ts";

const start = Date.parse("2026-11-22T14:00:00Z");
// A deadline ends all that waits, at once; only the 25 ms in which looks at machines gather are waited out.
const constant = 50;
// A fresh read may be this old when success is reported: the slowest read that MAAS's client allows.
const fresh = 130_000;
const roundsAsTold = 10;

/** What a scenario came to. */
export type Played = {
  violations: Violations;
  /** How each destroy ended, for those who look at the tests themselves. */
  ended: string[];
};

const inTheEnd: DestroyPlan = {
  ends: { kind: "by-itself" },
  deadline: 3 * 3_600_000,
  parallel: 8,
  before: "nothing",
  pause: 0,
  continueOnError: true,
};

/** Nothing goes wrong any more; what is wrong already stays. */
const calm = (world: World): void => {
  world.maas = undefined;
  world.juju = undefined;
  world.flickers = 0;
  world.destroyFaults = [];
  for (const machine of world.machines.values()) machine.faults = [];
};

const checkOutcome = (world: World, stack: Stack, outcome: Outcome, plan: DestroyPlan, wrong: Violations) => {
  const now = world.clock.now();
  const { began, stopped, ended, teardown, errors } = outcome;
  const defect = errors.find(({ error }) => error.name !== "TeardownError");
  if (defect) wrong.push(`a defect: ${defect.row}: ${defect.error.stack}`);
  if (ended === "killed") return;
  if (now - began > plan.deadline + constant)
    wrong.push(`invariant 4: took ${now - began} of ${plan.deadline} ms`);
  if (stopped !== undefined && now - stopped > constant)
    wrong.push(`invariant 4: went on for ${now - stopped} ms after it was stopped`);
  const closed = teardown !== undefined && isClosed(teardown.run.journal.events());
  if (closed !== (ended === "complete"))
    wrong.push(`invariant 3: ${ended}, but the run is ${closed ? "" : "not "}closed`);
  if (ended !== "complete") return;
  if (stack.lab.model && world.models.has(stack.lab.model.uuid))
    wrong.push("invariant 3: success, and the model is there");
  for (const { hostname, systemId } of stack.lab.machines) {
    const machine = world.machines.get(systemId);
    if (!machine && stack.acceptDeleted.includes(systemId)) continue;
    const changed = machine ? machine.takenOver : world.deleted.get(systemId);
    if (machine?.status === 4 || now - (changed ?? 0) < fresh) continue;
    // Released once, and somebody else's now: its criterion is met.
    if (machine?.takenOver !== undefined && machine.wasReleased) continue;
    wrong.push(
      `invariant 3: success, and ${hostname} is ${machine ? `in status ${machine.status}` : "deleted"}`,
    );
  }
};

const checkRow = (world: World, stack: Stack, name: string, wrong: Violations) => {
  const model = world.models.get(stack.lab.model?.uuid ?? "");
  if (name === "model" && model?.life === "alive")
    wrong.push("invariant 3: the model is alive, and its row is done");
  if (name === "reaping" && model) wrong.push("invariant 3: the model is there, and its reaping is done");
  const recorded = stack.lab.machines.find(({ hostname }) => hostname === name);
  const machine = world.machines.get(recorded?.systemId ?? "");
  const { systemId = "" } = recorded ?? {};
  const isDeleted = recorded && !machine && !stack.acceptDeleted.includes(systemId);
  if (isDeleted && world.clock.now() - (world.deleted.get(systemId) ?? 0) > 1_000)
    wrong.push(`invariant 3: ${name} is deleted, and its row is done`);
  const changedHands = machine?.wasReleased && machine.takenOver !== undefined;
  if (
    machine &&
    machine.readySince === undefined &&
    !changedHands &&
    world.clock.now() - (machine.takenOver ?? 0) > 1_000
  )
    wrong.push(`invariant 3: ${name} is in status ${machine.status}, and its row is done`);
};

const pass = (world: World, ms: number) =>
  new Promise<void>((resolve) => {
    world.clock.after(ms, resolve);
  });

const playIn = async (
  world: World,
  scenario: Scenario,
  backupRoot: string,
  leftOver: Stack["leftOver"],
): Promise<Played> => {
  const { machines, destroys, happenings, model } = scenario;
  const violations: Violations = [];
  const ended: string[] = [];
  const stack: Stack = {
    ...emptyStack(
      machines.map((_, at) => hostnameOf(at)),
      backupRoot,
      scenario.stuckAfter,
    ),
    adoptPartial: model.life === "gone" ? "gone" : "",
    leftOver,
  };
  await up(world, stack);
  const lab = world.models.get(labModel);
  if (model.life === "dying" && lab) isDyingAlready(world, lab);
  for (const machine of world.machines.values()) if (machine.status === 14) finishErase(world, machine);
  const forget = happenings.map((what) => letHappen(world, what, machines.length));

  let told: string[] = [];
  const destroy = async (plan: DestroyPlan): Promise<Outcome["ended"]> => {
    const whenRowEnds = (name: string) => checkRow(world, stack, name, violations);
    const outcome = await destroyOnce({ world, stack, plan, violations, whenRowEnds });
    checkOutcome(world, stack, outcome, plan, violations);
    told = outcome.errors.map(({ error }) => error.message);
    ended.push(outcome.ended === "failed" ? told.join("\n") : outcome.ended);
    return outcome.ended;
  };

  const lose = (what: "loses-capture" | "loses-run") => {
    for (const name of readdirSync(backupRoot)) {
      const run = join(backupRoot, name);
      rmSync(what === "loses-run" ? run : join(run, captureFiles.bundle), { recursive: true, force: true });
    }
  };
  for (const plan of destroys) {
    if (plan.before === "loses-capture" || plan.before === "loses-run") lose(plan.before);
    if (plan.before === "as-told") await doAsTold(world, stack, told);
    if (plan.before === "up") await up(world, stack).catch(() => {});
    if (plan.before === "takes-one-off" && stack.machines.length > 1) stack.machines.pop();
    if ((await destroy(plan)) === "complete") return { violations, ended };
    await pass(world, plan.pause);
  }
  for (const undo of forget) undo();
  calm(world);
  for (let round = 1; round <= roundsAsTold; round++) {
    if ((await destroy(inTheEnd)) === "complete") return { violations, ended };
    await doAsTold(world, stack, told);
  }
  violations.push(`invariant 5: never reaches the end:\n${told.join("\n")}`);
  return { violations, ended };
};

/** Each line of a journal is on the disk before the logic goes on; a disk in memory is not worth waiting for. */
export const quickDisk: string = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Plays a scenario to its end, in virtual time. @param leftOver permissions of another lab in the stack's file */
export const play = async (scenario: Scenario, leftOver: Stack["leftOver"] = {}): Promise<Played> => {
  const backupRoot = mkdtempSync(join(quickDisk, "openstack-lab-properties-"));
  const clock = virtualClock(start);
  const world = makeWorld(scenario, clock);
  try {
    return await clock.run(playIn(world, scenario, backupRoot, leftOver));
  } finally {
    rmSync(backupRoot, { recursive: true, force: true });
  }
};
