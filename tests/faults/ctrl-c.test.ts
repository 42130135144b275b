import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";
import { noTmux } from "../needs.ts";
import { clear, fault, type Lab, on } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { destroyInTerminal } from "./terminal.ts";
import {
  failed,
  finishes,
  journal,
  providersGone,
  received,
  releasedOnce,
  says,
  until,
  untouched,
} from "./witness.ts";

// Long enough that nothing ends by itself before somebody interrupts it.
const slow = {
  speed: 20,
  scenario: {
    models: [{ name: "openstack", reap: "4m" }],
    machines: machines(
      Object.fromEntries(
        ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"].map((name) => [
          name,
          { release: "3m" },
        ]),
      ),
    ),
  },
};

/** Processes of `juju` that talk to this lab. */
const jujuProcesses = (stack: Stack): string[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        const ours = environment.includes(`SIMULATED_LAB_URL=${stack.lab.url}`);
        return ours && /\/bin\/juju /.test(command) ? [command] : [];
      } catch {
        return [];
      }
    });

/** How long the slowest of what was waited for went on after a moment, in ms: by the journal's own times. */
const waitedOn = (stack: Stack, since: number): number =>
  Math.max(
    0,
    ...journal(stack).flatMap((event) => (event.event === "stopped" ? [Date.parse(event.at) - since] : [])),
  );

const releasing = (stack: Stack): boolean => {
  const events = journal(stack);
  return (
    events.filter((event) => event.event === "release-called").length === 5 &&
    events.some((event) => event.event === "model-state" && event.state === "dying")
  );
};
const hasEvent =
  (name: string) =>
  (stack: Stack): boolean =>
    journal(stack).some(({ event }) => event === name);

type Interruption = {
  when: (stack: Stack) => boolean;
  lab?: Lab;
  before?: (stack: Stack) => Promise<void>;
  says: RegExp[];
  safe?: (stack: Stack) => string;
};

const afterwards = async (
  stack: Stack,
  outcome: Outcome,
  since: number,
  { says: patterns, safe }: Interruption,
) => {
  failed(outcome);
  const said = patterns.map((pattern) => says(outcome, pattern));
  expect(waitedOn(stack, since), "ms of waiting after the interruption").to.be.below(2_000);
  await providersGone(stack);
  expect(jujuProcesses(stack)).to.deep.equal([]);
  const kept = safe?.(stack);
  await clear(stack);
  const end = await finishes(stack);
  return [...said, ...(kept ? [kept] : []), "no juju left", `next destroy: ${end}`, releasedOnce(stack)].join(
    "; ",
  );
};

/** What is typed after an engine that was not given the time to end. */
const resumes = async (stack: Stack): Promise<string> => {
  await providersGone(stack);
  await stack.pulumi("cancel", "--yes");
  const end = await finishes(stack);
  expect(jujuProcesses(stack)).to.deep.equal([]);
  return [`next destroy: ${end}`, "no juju left", releasedOnce(stack)].join("; ");
};

const typed = (interruption: Interruption, keys = 1) =>
  on(interruption.lab ?? slow, async (stack) => {
    await interruption.before?.(stack);
    const terminal = await destroyInTerminal(stack);
    await until("it is time to interrupt", () => interruption.when(stack));
    const since = Date.now();
    terminal.interrupt();
    for (let more = 1; more < keys; more++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      terminal.interrupt();
    }
    return await afterwards(stack, await terminal.ended(), since, interruption);
  });

const signalled = (interruption: Interruption) =>
  on(interruption.lab ?? slow, async (stack) => {
    await interruption.before?.(stack);
    const running = stack.start("destroy", "--yes", "--skip-preview");
    await until("it is time to interrupt", () => interruption.when(stack));
    const since = Date.now();
    running.kill("SIGTERM");
    return await afterwards(stack, await running.ended, since, interruption);
  });

const goesOn = [/MAAS goes on with what it has begun/, /Juju goes on destroying the model by itself/];
const resume = /Nothing is lost: pulumi destroy/;
const midway: Interruption = { when: releasing, says: [...goesOn, resume] };
const inGuards: Interruption = {
  when: (stack) => hasEvent("destroy-started")(stack),
  before: (stack) => fault(stack, { side: "juju", command: "models", kind: "hang", times: 9 }),
  says: [/cancelled by the operator; nothing was touched/, resume],
  safe: untouched,
};
const inCapture: Interruption = {
  when: (stack) => received(stack).some(({ what }) => what.includes("juju export-bundle")),
  before: (stack) => fault(stack, { side: "juju", command: "export-bundle", kind: "hang", times: 9 }),
  says: [],
  safe: untouched,
};
const inRetry: Interruption = {
  lab: {
    speed: 60,
    scenario: { machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 3 }] } }) },
  },
  when: (stack) =>
    journal(stack).filter((event) => event.event === "release-answered" && event.kind === "power-failed")
      .length === 2,
  says: [resume],
};

const soon = "waiting ends within 2 s, says what goes on and how to resume, no juju survives; resumes";
const inTerminal: Row[] = [
  {
    situation: "Ctrl-C while the machines are released and the model dies",
    expected: soon,
    run: typed(midway),
    quick: true,
  },
  { situation: "Ctrl-C while the guards ask", expected: soon, run: typed(inGuards) },
  { situation: "Ctrl-C while the capture is taken", expected: soon, run: typed(inCapture) },
  {
    situation: "a second Ctrl-C right after the first",
    expected: "survived like any crash",
    run: on(slow, async (stack) => {
      const terminal = await destroyInTerminal(stack);
      await until("all is under way", () => releasing(stack));
      terminal.interrupt();
      terminal.interrupt();
      const { code } = await terminal.ended();
      expect(code).to.not.equal(0);
      return await resumes(stack);
    }),
  },
  {
    situation: "the terminal is closed (SIGHUP)",
    expected: "survived like any crash",
    run: on(slow, async (stack) => {
      const terminal = await destroyInTerminal(stack);
      await until("all is under way", () => releasing(stack));
      terminal.close();
      return await resumes(stack);
    }),
  },
];

rows(import.meta.url, "interruptions", "Ctrl-C in a terminal (tmux)", inTerminal, { missing: noTmux() });

rows(import.meta.url, "interruptions", "SIGTERM", [
  {
    situation: "SIGTERM while the machines are released and the model dies",
    expected: soon,
    run: signalled(midway),
  },
  { situation: "SIGTERM while the guards ask", expected: soon, run: signalled(inGuards) },
  { situation: "SIGTERM while the capture is taken", expected: soon, run: signalled(inCapture) },
  {
    situation: "SIGTERM before a failed release is tried again",
    expected: "it is not tried again before the next destroy",
    run: on(inRetry.lab, async (stack) => {
      const running = stack.start("destroy", "--yes", "--skip-preview");
      await until("it has failed twice", () => inRetry.when(stack));
      running.kill("SIGTERM");
      const outcome = failed(await running.ended);
      const times = () =>
        journal(stack).filter((event) => event.event === "release-called" && event.hostname === "openstack2")
          .length;
      expect(times()).to.equal(2);
      const said = says(outcome, resume);
      await clear(stack);
      return `released twice, then no more; ${said}; next destroy: ${await finishes(stack)}`;
    }),
  },
]);
