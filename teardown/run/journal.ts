import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { TeardownError } from "../errors.ts";
import { type NewEvent, type RunEvent, runEvent } from "./event.ts";

/**
 * A run's event log, one JSON object a line. What `write` was given, a killed process does not lose; and what a later destroy
 * decides by is on the disk before `write` returns, so that not even a power failure loses it.
 */
export type Journal = {
  write: (event: NewEvent) => void;
  events: () => RunEvent[];
};

/**
 * Reads a journal. A last line without its end, as a crash leaves it, is dropped; so is a line that no version of ours wrote.
 */
export const readJournal = (file: string): RunEvent[] => {
  if (!existsSync(file)) return [];
  const events: RunEvent[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    try {
      const parsed = runEvent.safeParse(JSON.parse(line));
      if (parsed.success) events.push(parsed.data);
    } catch {
      // The rest of a torn line.
    }
  }
  return events;
};

/** Whether the last line lacks its end: a crash or a full disk left it so, and it would swallow the next one. */
const endsTorn = (handle: number): boolean => {
  const { size } = fstatSync(handle);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(handle, last, 0, 1, size - 1) === 1 && last.toString() !== "\n";
};

const append = (file: string, line: string): void => {
  const handle = openSync(file, "a+", 0o600);
  try {
    // Not writeSync: that returns without an error when only a part fits on the disk.
    writeFileSync(handle, endsTorn(handle) ? `\n${line}` : line);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Opens a journal for writing after what it holds already. */
export const openJournal = (file: string, now: () => number): Journal => {
  const write = (event: NewEvent): void => {
    const line = `${JSON.stringify({ v: 1, at: new Date(now()).toISOString(), ...event })}\n`;
    try {
      append(file, line);
    } catch (error) {
      // Nothing is done that is not written down first: so this stops the teardown, and is the operator's to mend.
      throw new TeardownError(
        "run",
        `the journal cannot be written: ${(error as Error).message}\nNothing was started that is not in it. Free some space or fix the folder of ${file}, then: pulumi destroy`,
        { cause: error },
      );
    }
  };
  return { write, events: () => readJournal(file) };
};

/** A journal that only lives in memory, for the logic's own tests. */
export const memoryJournal = (now: () => number): Journal => {
  const events: RunEvent[] = [];
  return {
    write: (event) => void events.push(runEvent.parse({ v: 1, at: new Date(now()).toISOString(), ...event })),
    events: () => [...events],
  };
};

/** Whether anything was destroyed in this run, or could have been: calls are written down before they are made. */
export const isDestructive = (events: RunEvent[]): boolean =>
  events.some(({ event }) => event === "destroy-model-called" || event === "release-called");

/** Whether the run has met the exit criteria. */
export const isClosed = (events: RunEvent[]): boolean => events.some(({ event }) => event === "run-closed");
