import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../../../teardown/guards/finding.ts";
import type { RunFacts } from "../../../../teardown/report/read-run.ts";
import type { NewEvent, RunEvent } from "../../../../teardown/run/event.ts";

type Of<Name extends NewEvent["event"]> = Extract<NewEvent, { event: Name }>;

const uuid = "22d8a2c7-e6ae-417e-ba8f-9e916e76d8de";
export const modelName = "admin/openstack";
const start = Date.parse("2026-11-22T14:00:00.000Z");

/** A journal in the making: `at` is in seconds from the beginning. */
export type Story = { at: (seconds: number, ...events: NewEvent[]) => Story; events: RunEvent[] };

export const story = (hostnames: string[]): Story => {
  const events: RunEvent[] = [];
  const made: Story = {
    events,
    at: (seconds, ...more) => {
      const at = new Date(start + seconds * 1_000).toISOString();
      for (const event of more) events.push({ at, ...event });
      return made;
    },
  };
  return made.at(0, {
    event: "run-opened",
    project: "openstack-lab",
    stack: "lab",
    model: { name: modelName, uuid, controller: "maas-lab" },
    machines: hostnames.map((hostname, at) => ({ hostname, systemId: idOf(at) })),
  });
};

export const idOf = (at: number): string => `id${String(at).padStart(4, "0")}`;
export const hostnamesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `openstack${at}`);

export const started = (more: Partial<Extract<NewEvent, { event: "destroy-started" }>> = {}): NewEvent => ({
  event: "destroy-started",
  pid: 4711,
  user: "jessea123",
  host: "vopenstack-jesse",
  command: "pulumi destroy --yes -m Caracal rebuild, CHG-1 --non-interactive",
  message: "Caracal rebuild, CHG-1",
  settings: { erase: "none", simulated: false },
  ...more,
});

const ok = (subject: string): Finding => ({
  code: "words",
  guard: "machine",
  subject,
  verdict: "ok",
  found: "Deployed",
});
export const passed = (hostnames: string[]): NewEvent => ({
  event: "guards-passed",
  findings: hostnames.map(ok),
  took: 900,
});

const text = "applications: {}\n";
const files = ["bundle-pre-destroy.yaml", "juju-status-pre-destroy.yaml", "juju-models-pre-destroy.yaml"].map(
  (name) => ({ name, bytes: text.length, sha256: hash("sha256", text) }),
);
export const captured: NewEvent = {
  event: "captured",
  by: "backup",
  files,
  withoutBundle: false,
  took: 8_000,
};

export const calledAgain = (attempt: number): NewEvent => ({ event: "destroy-model-called", uuid, attempt });
export const called: NewEvent = calledAgain(1);
export const model = (state: Of<"model-state">["state"]): NewEvent => ({
  event: "model-state",
  uuid,
  state,
  text: "",
});
export const modelDone: NewEvent = {
  event: "done",
  resource: modelName,
  text: "alive → dying → gone",
  took: 1,
};

export const machineOf = (hostname: string, at: number) => {
  const who = { hostname, systemId: idOf(at) };
  return {
    state: (from: string, to: string): NewEvent => ({
      event: "machine-state",
      ...who,
      from,
      to,
      seenBy: "look",
    }),
    release: (attempt = 1): NewEvent => ({ event: "release-called", ...who, attempt }),
    answer: (kind: Of<"release-answered">["kind"], reason: string, attempt = 1): NewEvent => ({
      event: "release-answered",
      ...who,
      attempt,
      kind,
      reason,
      took: 1,
    }),
    done: {
      event: "done",
      resource: hostname,
      text: "Deployed → Releasing → Ready in 2 min",
      took: 1,
    } as NewEvent,
    stopped: (code: Of<"stopped">["code"], message: string, reason?: Of<"stopped">["reason"]): NewEvent => ({
      event: "stopped",
      resource: hostname,
      code,
      ...(reason && { reason }),
      message,
    }),
  };
};

export const exit = (met: boolean): NewEvent => ({
  event: "exit-criteria",
  met,
  criteria: [
    { met: true, subject: "model admin/openstack", found: "gone" },
    met
      ? { met, subject: "machine openstack0 id0000", found: "Ready" }
      : { met, subject: "machine openstack0 id0000", found: "Releasing", next: "pulumi destroy" },
  ],
});
export const closed: NewEvent = {
  event: "run-closed",
  outcome: "complete",
  took: 420_000,
  nextStep: "02-deploy.md",
};

/** A teardown in which all goes well: 7 minutes. */
export const goodRun = (hostnames: string[], destroy: NewEvent = started()): RunEvent[] => {
  const run = story(hostnames)
    .at(0, destroy)
    .at(2, passed(hostnames))
    .at(12, captured)
    .at(13, model("alive"), called);
  for (const [at, hostname] of hostnames.entries())
    run.at(13, machineOf(hostname, at).state("", "Deployed"), machineOf(hostname, at).release());
  run.at(20, model("dying"));
  for (const [at, hostname] of hostnames.entries()) {
    const machine = machineOf(hostname, at);
    run.at(60 + at, machine.answer("accepted", "Releasing"), machine.state("Deployed", "Releasing"));
    run.at(150 + at, machine.state("Releasing", "Ready"), machine.done);
  }
  return run
    .at(400, model("gone"), modelDone)
    .at(420, exit(true), closed)
    .events.sort((one, other) => one.at.localeCompare(other.at));
};

/** Facts of a run directory with an intact capture. */
export const factsOf = (more: Partial<RunFacts> = {}): RunFacts => ({
  directory: "/home/jessea123/backups/pre-caracal-destroy-20261122T140000Z",
  record: undefined,
  running: false,
  journal: { lines: 30, digest: "d16e57" },
  now: "2026-11-22T15:00:00.000Z",
  capture: {
    state: "intact",
    checked: "2026-11-22T15:00:00.000Z",
    files: files.map((file) => ({ ...file, now: "intact" as const })),
    problems: [],
  },
  ...more,
});

/** A journal of chained lines. */
export const journalOf = (events: RunEvent[]): string => {
  let prev = "";
  return events
    .map((event) => {
      const line = JSON.stringify({ v: 2, prev, ...event });
      prev = hash("sha256", line);
      return `${line}\n`;
    })
    .join("");
};

/** A run directory on the disk, with the captured files of `captured` and their sums. */
export const runDirectory = (events: RunEvent[]): string => {
  const directory = join(mkdtempSync(join(tmpdir(), "report-")), "pre-caracal-destroy-20261122T140000Z");
  mkdirSync(directory);
  writeFileSync(join(directory, "journal.jsonl"), journalOf(events));
  for (const { name } of files) writeFileSync(join(directory, name), text);
  writeFileSync(
    join(directory, "SHA256SUMS"),
    files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""),
  );
  return directory;
};
