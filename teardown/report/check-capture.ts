import { captureFiles, fileNow, newestCapture, verifiedCapture } from "../run/captured.ts";
import type { RunEvent } from "../run/event.ts";
import type { CaptureCheck } from "./report.ts";

/**
 * Hashes the captured files again. What the journal says of them counts, so that a file that was changed together with
 * SHA256SUMS is noticed; the sums themselves must hold as well.
 */
export const checkCapture = (directory: string, events: RunEvent[], at: string): CaptureCheck => {
  const captured = newestCapture(directory, events);
  if (!captured) return { state: "none", checked: at, files: [], problems: [] };
  const files = captured.files.map((file) => ({ ...file, now: fileNow(directory, file) }));
  const problems = files
    .filter((file) => file.now !== "intact")
    .map((file) => (file.now === "missing" ? `${file.name} is missing` : `${file.name} was changed since`));
  if (problems.length === 0 && !verifiedCapture(directory, events))
    problems.push(`${captureFiles.sums} is missing, or no longer that of these files`);
  return { state: problems.length === 0 ? "intact" : "broken", checked: at, files, problems };
};
