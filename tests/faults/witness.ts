import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { isAlive } from "../../teardown/clients/engine-process.ts";
import { verifiedCapture } from "../../teardown/run/captured.ts";
import type { RunEvent } from "../../teardown/run/event.ts";
import { readJournal } from "../../teardown/run/journal.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";

/** The simulated lab's machines. */
export const five: string[] = ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"];

/** A call that the lab received: also one whose caller died meanwhile. Times are real, in ms. */
export type Received = { what: string; began: number };

/** The newest run's journal; a line that is being written, or was torn by a kill, is left out. */
export const journal = (stack: Stack): RunEvent[] => {
  const run = stack.runs().at(-1);
  return run ? readJournal(join(run, "journal.jsonl")) : [];
};

/** Every call in the order of their beginnings, from the lab's own log. */
export const received = (stack: Stack): Received[] => {
  const file = join(stack.directory, "lab", "calls.jsonl");
  // The lab makes it with the first call.
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  return lines
    .map(
      (text) => JSON.parse(text) as { phase: string; what: string; at: string; detail?: { user?: string } },
    )
    .filter(({ phase, detail }) => phase === "begin" && detail?.user !== "juju")
    .map(({ what, at }) => ({ what, began: Date.parse(at) }));
};

const changes = /^(POST|PUT|DELETE) |^juju (destroy-model|remove-machine)/;
/** The calls of ours that change the lab. */
export const destructive = (stack: Stack): Received[] =>
  received(stack).filter(({ what }) => changes.test(what));

/** Asserts that no call of ours changed the lab. */
export const untouched = (stack: Stack): string => {
  expect(destructive(stack).map(({ what }) => what)).to.deep.equal([]);
  return "nothing touched";
};

/** Single releases that MAAS received, by system_id. */
export const releases = (stack: Stack): Map<string, number> => {
  const counted = new Map<string, number>();
  for (const { what } of destructive(stack)) {
    const id = /machines\/(\w{6})\/\?op=release/.exec(what)?.[1];
    if (id) counted.set(id, (counted.get(id) ?? 0) + 1);
  }
  return counted;
};

/** Asserts that the lab is torn down and nothing is left in the stack. */
export const tornDown = async (stack: Stack): Promise<string> => {
  const { machines, juju } = await stack.lab.state();
  const ready = machines.filter(({ status }) => status === "Ready");
  expect(machines.map(({ hostname, status }) => `${hostname} ${status}`)).to.deep.equal(
    machines.map(({ hostname }) => `${hostname} Ready`),
  );
  expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
  expect(stack.resources()).to.deep.equal([]);
  return `model gone, ${ready.length} machines Ready`;
};

/** Asserts that a verified capture was complete before the first destructive call, and is still that one. */
export const capturedFirst = (stack: Stack): string => {
  const events = journal(stack);
  const first = Math.min(...destructive(stack).map(({ began }) => began));
  const before = events.filter((event) => event.event === "captured" && Date.parse(event.at) <= first).at(-1);
  if (before?.event !== "captured") throw new Error("there was no capture before the first destructive call");
  expect(verifiedCapture(stack.runs().at(-1) ?? "", events)).to.deep.equal(before.files);
  return "captured before the first destructive call, and kept";
};

/** Asserts that no machine was released twice. */
export const releasedOnce = (stack: Stack): string => {
  expect([...releases(stack)].filter(([, times]) => times > 1)).to.deep.equal([]);
  return "no machine released twice";
};

/** Where Pulumi keeps the stack's state, and the version before beside it. */
export const stateFile = (stack: Stack): string =>
  join(stack.state, ".pulumi", "stacks", "openstack-lab", "sim.json");

/**
 * What an operator does after the engine was killed: `pulumi cancel`. Pulumi does not write its state in one step: one that was cut
 * off by the kill is put back from the copy that Pulumi keeps beside it.
 */
export const cancel = async (stack: Stack): Promise<void> => {
  try {
    JSON.parse(readFileSync(stateFile(stack), "utf8"));
  } catch {
    copyFileSync(`${stateFile(stack)}.bak`, stateFile(stack));
  }
  const { code, output } = await stack.pulumi("cancel", "--yes");
  expect(code, output).to.equal(0);
};

/** The providers that the journal names. */
export const providers = (stack: Stack): number[] =>
  journal(stack).flatMap((event) => (event.event === "destroy-started" ? [event.pid] : []));

/** Waits for something that has to happen; gives up after minutes. */
export const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 6_000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Whether a process runs. */
export const runs = (pid: number): boolean => isAlive({ pid, started: "" });

/** Waits until no provider of the run is left. */
export const providersGone = (stack: Stack): Promise<void> =>
  until("the provider is gone", () => providers(stack).every((pid) => !runs(pid)));

/** Runs a destroy that must succeed, and asserts the end. */
export const finishes = async (stack: Stack, ...args: string[]): Promise<string> => {
  const { code, output } = await stack.destroy(...args);
  expect(code, output).to.equal(0);
  return await tornDown(stack);
};

/** What changes from run to run, in general words. */
const masked = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>")
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+(\/MAAS)?/g, "<MAAS>")
    .replaceAll(/127\.0\.0\.1:\d+/g, "<MAAS>")
    .replaceAll(/\/[\w./-]*lab-\w{6}[\w./-]*/g, "<path>")
    .replaceAll(/\b(process|pid) \d+/g, "$1 N")
    .replaceAll(/\d{8}T\d{6}Z/g, "<UTC>")
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "<time>");

/** The part of an output that a pattern finds, in general words; fails when it is not there. */
export const says = ({ output }: Outcome, pattern: RegExp): string => {
  expect(output, output).to.match(pattern);
  return masked((pattern.exec(output)?.[0] ?? "").trim());
};

/** The options of the command by which a refusal says to permit something. */
export const permitting = ({ output }: Outcome, permission: string): string[] => {
  const option = new RegExp(`pulumi destroy -c (${permission}=[\\w,:.-]+)`).exec(output)?.[1];
  expect(option, output).to.be.a("string");
  return ["-c", option ?? ""];
};

/** Asserts that a destroy failed, without a stack trace. */
export const failed = (outcome: Outcome): Outcome => {
  expect(outcome.code, outcome.output).to.not.equal(0);
  expect(outcome.output).to.not.match(/\n\s+at .*\.(ts|js):\d+/);
  expect(outcome.output).to.not.include("internal error");
  return outcome;
};
