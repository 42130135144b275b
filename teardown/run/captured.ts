import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { z } from "zod";
import { type CapturedFile, type CaptureOutcome, captureOutcome, type RunEvent } from "./event.ts";
import { discard, readBytes, readText, writeWhole } from "./files.ts";
import type { Run } from "./run-directory.ts";

/** The runbook's three files, and the sums that make them verifiable. */
export const captureFiles = {
  bundle: "bundle-pre-destroy.yaml",
  status: "juju-status-pre-destroy.yaml",
  models: "juju-models-pre-destroy.yaml",
  sums: "SHA256SUMS",
} as const;

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** What the journal says of a file that is to hold this text. */
export const describeFile = (name: string, text: string): CapturedFile => ({
  name,
  bytes: Buffer.byteLength(text),
  sha256: sha256(text),
});

/** The text of SHA256SUMS, as `sha256sum -c` reads it. */
export const sumsOf = (files: CapturedFile[]): string =>
  files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");

// Only the holder of the run's lock writes its journal, and the capture has a process of its own: what that one leaves here is
// taken into the journal by the next that holds the lock.
const noteName = "capture.json";
const note = z.object({ v: z.literal(1), outcomes: z.array(captureOutcome) });

/** How captures ended that the journal does not tell of yet. */
export const outcomesLeft = (directory: string): CaptureOutcome[] => {
  try {
    return note.parse(JSON.parse(readText(join(directory, noteName)))).outcomes;
  } catch {
    return [];
  }
};

const writeNote = (directory: string, outcomes: CaptureOutcome[]): void =>
  writeWhole(join(directory, noteName), `${JSON.stringify({ v: 1, outcomes })}\n`);

/** Leaves how a capture ended, after what others have left. */
export const leaveOutcome = (directory: string, outcome: CaptureOutcome): void =>
  writeNote(directory, [...outcomesLeft(directory), outcome]);

/**
 * Takes into the journal how captures ended in a process of their own. Only the holder of the run's lock may.
 *
 * @param except the engine whose captures are left for later
 * @returns whether there were any
 */
export const takeOutcomes = (run: Run, except?: string): boolean => {
  const all = outcomesLeft(run.directory);
  const later = all.filter(({ engine }) => except !== undefined && engine === except);
  const taken = all.filter((outcome) => !later.includes(outcome));
  if (taken.length === 0) return false;
  for (const { at: _, ...outcome } of taken) run.journal.write(outcome);
  if (later.length > 0) writeNote(run.directory, later);
  else discard(join(run.directory, noteName));
  return true;
};

/** The newest capture that was complete, by the journal and by what is not in it yet. */
export const newestCapture = (
  directory: string,
  events: RunEvent[],
): Extract<CaptureOutcome, { event: "captured" }> | undefined =>
  [...events, ...outcomesLeft(directory)].findLast((each) => each.event === "captured");

/** What a run directory holds of its capture; `broken` names the first file that is not what was captured. */
export type CaptureState =
  | { state: "none" }
  | { state: "verified"; files: CapturedFile[] }
  | { state: "broken"; file: string; now: "changed" | "missing" };

/** Whether a captured file is still what the journal says; no name in a journal leads out of the run directory. */
export const fileNow = (
  directory: string,
  { name, sha256: sum }: Pick<CapturedFile, "name" | "sha256">,
): "intact" | "changed" | "missing" => {
  try {
    return sha256(readBytes(join(directory, basename(name)))) === sum ? "intact" : "changed";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "changed";
  }
};

/** The capture as it is now: verified when SHA256SUMS, the journal and the files all say the same. */
export const captureState = (directory: string, events: RunEvent[]): CaptureState => {
  const captured = newestCapture(directory, events);
  if (!captured) return { state: "none" };
  const { files } = captured;
  const sums = { name: captureFiles.sums, sha256: sha256(sumsOf(files)) };
  for (const file of [...files, sums]) {
    const now = fileNow(directory, file);
    if (now !== "intact") return { state: "broken", file: file.name, now };
  }
  return { state: "verified", files };
};

/** The files of a capture that is verified; undefined when there is none, or a file was changed or lost. */
export const verifiedCapture = (directory: string, events: RunEvent[]): CapturedFile[] | undefined => {
  const there = captureState(directory, events);
  return there.state === "verified" ? there.files : undefined;
};
