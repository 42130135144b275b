import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { captureFiles, verifiedCapture } from "../capture.ts";
import type { CapturedFile, RunEvent } from "../run/event.ts";
import { ofKind } from "./events.ts";
import type { CaptureCheck } from "./report.ts";

const now = (directory: string, { name, sha256 }: CapturedFile): "intact" | "changed" | "missing" => {
  try {
    // The journal may have been changed as well; no name in it leads out of the run directory.
    const content = readFileSync(join(directory, basename(name)));
    return createHash("sha256").update(content).digest("hex") === sha256 ? "intact" : "changed";
  } catch {
    return "missing";
  }
};

/**
 * Hashes the captured files again. What the journal says of them counts, so that a file that was changed together with
 * SHA256SUMS is noticed; the sums themselves must hold as well.
 */
export const checkCapture = (directory: string, events: RunEvent[], at: string): CaptureCheck => {
  const captured = ofKind(events, "captured").at(-1);
  if (!captured) return { state: "none", checked: at, files: [], problems: [] };
  const files = captured.files.map((file) => ({ ...file, now: now(directory, file) }));
  const problems = files
    .filter((file) => file.now !== "intact")
    .map((file) => (file.now === "missing" ? `${file.name} is missing` : `${file.name} was changed since`));
  if (problems.length === 0 && verifiedCapture(directory)?.length !== files.length) {
    problems.push(`${captureFiles.sums} is missing, or no longer that of these files`);
  }
  return { state: problems.length === 0 ? "intact" : "broken", checked: at, files, problems };
};
