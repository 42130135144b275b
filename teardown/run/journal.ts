import { hash } from "node:crypto";
import { closeSync, constants, fsyncSync, lstatSync, openSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { TeardownError } from "../errors.ts";
import { fromVersionOne, type NewEvent, type RunEvent, runEvent } from "./event.ts";
import { readBytes } from "./files.ts";

/**
 * A run's event log, one JSON object a line: `{"v":2,"prev":...,"at":...,"event":...}`, where `prev` is the SHA-256 of the line
 * before, without its newline, and "" in the first one. What `write` was given is on the disk before it returns, so that not even
 * a power failure loses it.
 */
export type Journal = {
  write: (event: NewEvent) => void;
  events: () => RunEvent[];
  /** The SHA-256 of the last line, which vouches for all lines before it. */
  digest: () => string;
};

/** What is wrong with a journal. `line` counts from 1. */
export type BrokenChain = {
  broken: true;
  line: number;
  why:
    | "line-before" // the line before it was edited, or lines are missing or in another order
    | "unreadable" // no event of ours, and no `torn` event says that a crash left it so
    | "older-version" // a line of version 1 after one of version 2
    | "newer-version" // a later version of this project wrote it
    | "no-beginning"; // the first event is not `run-opened`
};

/** Whether each line of a journal follows from the one before. `digests` are those of its lines, in their order. */
export type Chain = { broken: false; digests: string[] } | BrokenChain;

const version = 2;
// Made when it is not there; a link in its place is not followed.
const toAppend = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const envelope = z.object({ v: z.number(), prev: z.string().optional() });

/** A line is bytes, held as Latin-1: a torn one may end within a character. */
type Line = { line: string; v?: number; prev?: string | undefined; event?: RunEvent | undefined };

const sha256 = (line: string): string => hash("sha256", Buffer.from(line, "latin1"));
const digestOf = (last: Line | undefined): string => (last ? sha256(last.line) : "");

const parseLine = (line: string): Line => {
  try {
    const value: unknown = JSON.parse(Buffer.from(line, "latin1").toString());
    const { v, prev } = envelope.parse(value);
    const today = v === 1 ? fromVersionOne(value) : value;
    return { line, v, prev, event: v <= version ? runEvent.safeParse(today).data : undefined };
  } catch {
    return { line };
  }
};

/** The lines of a journal, and whether the last one has its newline. */
const readLines = (file: string): { lines: Line[]; ended: boolean } => {
  let text: string;
  try {
    text = readBytes(file).toString("latin1");
  } catch (error) {
    // A link or a folder is there, and is no journal.
    const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
    return { lines: isThere ? [{ line: "" }] : [], ended: true };
  }
  const lines = text.split("\n");
  const ended = lines.at(-1) === "";
  if (ended) lines.pop();
  return { lines: lines.map(parseLine), ended };
};

const eventsIn = (lines: Line[]): RunEvent[] => lines.flatMap(({ event }) => event ?? []);

/** Reads a journal of this or an earlier version. What is no event of ours is left out; `verifyChain` finds it. */
export const readJournal = (file: string): RunEvent[] => eventsIn(readLines(file).lines);

/** The lines at the end that are no events, as one text. */
const rest = (lines: Line[]): string =>
  lines
    .slice(lines.findLastIndex(({ event }) => event) + 1)
    .map(({ line }) => line)
    .join("\n");

/**
 * Checks a journal's chain. A line of version 1 vouches for nothing before it. Nothing in the file vouches for the last line of
 * all: its digest is in the exit criteria's row and in the report.
 */
export const verifyChain = (file: string): Chain => {
  const { lines, ended } = readLines(file);
  const broken = (at: number, why: BrokenChain["why"]): Chain => ({ broken: true, line: at + 1, why });
  let chained = false;
  // Where lines begin that are no events, and that no `torn` has explained yet.
  let unread: number | undefined;
  for (const [at, { v, prev, event }] of lines.entries()) {
    if (v !== undefined && v > version) return broken(at, "newer-version");
    if (v === version && prev !== digestOf(lines[at - 1])) return broken(at, "line-before");
    if (v === 1 && chained) return broken(at, "older-version");
    if (unread !== undefined && event) {
      const isTold = event.event === "torn" && event.sha256 === sha256(rest(lines.slice(0, at)));
      // Version 1 passed over what a crash left.
      if (!isTold && chained) return broken(unread, "unreadable");
      unread = undefined;
    }
    chained ||= v === version;
    if (!event) unread ??= at;
  }
  if (unread !== undefined && ended) return broken(unread, "unreadable");
  const first = eventsIn(lines).find(({ event }) => event !== "torn");
  if (first && first.event !== "run-opened") return broken(0, "no-beginning");
  return { broken: false, digests: lines.map(digestOf) };
};

/** Opens a journal for writing after what it holds already. */
export const openJournal = (file: string, now: () => number): Journal => {
  // The file as this process last saw or left it: 200 machines ask for its events at each step.
  let known: { size: number; lines: Line[]; ended: boolean } = { size: 0, lines: [], ended: true };
  const read = () => {
    const size = lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size !== known.size) known = { size, ...readLines(file) };
    return known;
  };

  const append = (handle: number, event: NewEvent): void => {
    const { size, lines, ended } = read();
    const added: Line[] = [];
    const add = (event: NewEvent) => {
      const prev = digestOf(added.at(-1) ?? lines.at(-1));
      const line = JSON.stringify({ v: version, prev, at: new Date(now()).toISOString(), ...event });
      added.push(parseLine(Buffer.from(line).toString("latin1")));
    };
    const torn = ended ? "" : rest(lines);
    if (torn) add({ event: "torn", bytes: torn.length, sha256: sha256(torn) });
    add(event);
    const text = added.map(({ line }) => `${Buffer.from(line, "latin1").toString()}\n`).join("");
    // Not writeSync: that returns without an error when only a part fits on the disk.
    writeFileSync(handle, ended ? text : `\n${text}`);
    fsyncSync(handle);
    known = {
      size: size + Buffer.byteLength(text) + (ended ? 0 : 1),
      lines: [...lines, ...added],
      ended: true,
    };
  };

  const write = (event: NewEvent): void => {
    try {
      const handle = openSync(file, toAppend, 0o600);
      try {
        append(handle, event);
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      // Nothing is done that is not written down first: so this stops the teardown, and is the operator's to mend.
      throw new TeardownError(
        "run",
        `the journal cannot be written: ${(error as Error).message}\nNothing was started that is not in it. Free some space or fix the folder of ${file}, then: pulumi destroy`,
        { cause: error },
      );
    }
  };
  return { write, events: () => eventsIn(read().lines), digest: () => digestOf(read().lines.at(-1)) };
};

/** A journal that only lives in memory, for the logic's own tests. */
export const memoryJournal = (now: () => number): Journal => {
  const events: RunEvent[] = [];
  return {
    write: (event) => void events.push(runEvent.parse({ at: new Date(now()).toISOString(), ...event })),
    events: () => [...events],
    digest: () => hash("sha256", JSON.stringify(events)),
  };
};

/** Whether anything was destroyed in this run, or could have been: calls are written down before they are made. */
export const isDestructive = (events: RunEvent[]): boolean =>
  events.some(({ event }) => event === "destroy-model-called" || event === "release-called");

/** Whether the run has met the exit criteria. */
export const isClosed = (events: RunEvent[]): boolean => events.some(({ event }) => event === "run-closed");
