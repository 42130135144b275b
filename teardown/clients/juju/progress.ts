/** What is left of a model that is being destroyed, as `juju destroy-model` counts it; 0 for what it does not mention. */
export type Left = {
  machines: number;
  applications: number;
  /** machines in error */
  errors: number;
  volumes: number;
  filesystems: number;
  /** juju's own words: "4 machine(s), 3 application(s)"; "" when only the model itself is left. */
  text: string;
};

/**
 * juju writes `Waiting for model to be removed, 4 machine(s), 3 application(s)...`, then one dot for each unchanged poll, with a
 * line break after 80 columns, and begins anew when the counts change. A message may follow on the same line, and 3.6
 * writes none after `Destroying model`. Recorded with 3.6.28; `filesystems(s)` is its spelling, 4.0 has `filesystem(s)`.
 */
const progress = /Waiting for model to be removed((?:, \d+ \w+\(s\))*)\.{3}/g;

const count = (text: string, what: string): number =>
  Number(new RegExp(`(\\d+) ${what}s?\\(s\\)`).exec(text)?.[1] ?? 0);

const read = (text: string): Left => ({
  machines: count(text, "machine"),
  applications: count(text, "application"),
  errors: count(text, "error"),
  volumes: count(text, "volume"),
  filesystems: count(text, "filesystem"),
  text,
});

/**
 * Reads destroy-model's stderr as it comes, in pieces cut anywhere, and reports each change of the counts once.
 * @returns the function to feed with pieces
 */
export const progressReader = (onProgress: (left: Left) => void): ((piece: string) => void) => {
  let pending = "";
  let last: string | undefined;
  return (piece) => {
    pending += piece;
    let end = 0;
    for (const match of pending.matchAll(progress)) {
      end = match.index + match[0].length;
      const text = (match[1] ?? "").replace(/^, /, "");
      if (text === last) continue;
      last = text;
      onProgress(read(text));
    }
    // No line of juju's is longer than this; dots would pile up otherwise.
    pending = pending.slice(end).slice(-1000);
  };
};
