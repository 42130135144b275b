import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { recordings } from "../../../recordings.ts";

export type RecordedAnswer = { status: number; headers: Record<string, string>; body: string };

/** A recorded answer of MAAS, by the beginning of its file's name ("b21"). */
export const recordedMaas = (prefix: string): RecordedAnswer => {
  const folder = join(recordings, "maas");
  const file = readdirSync(folder).find((name) => name.startsWith(`${prefix}-`));
  if (file === undefined) throw new Error(`no recording ${prefix}`);
  const { response } = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const kept = ["content-type", "retry-after", "www-authenticate"];
  const headers = response.headers.filter(([name]: [string]) => kept.includes(name.toLowerCase()));
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: response.body_text ?? JSON.stringify(response.body_json),
  };
};

export type RecordedCall = { code: number; stdout: string; stderr: string };

/**
 * A recorded call of the real juju client: the first in a transcript, or in a list of runs (.json), whose command line begins
 * like this ("destroy-model openstack").
 */
export const recordedJuju = (file: string, command: string): RecordedCall => {
  const text = readFileSync(join(recordings, "juju", file), "utf8");
  if (file.endsWith(".json")) {
    const runs: { argv: string[]; rc: number; stdout: string; stderr: string }[] = JSON.parse(text).runs;
    const run = runs.find(({ argv }) => argv.slice(1).join(" ").startsWith(command));
    if (run === undefined) throw new Error(`no recording of juju ${command} in ${file}`);
    return { code: run.rc, stdout: run.stdout, stderr: run.stderr };
  }
  const block = text.split(/^\$ juju /m).find((part) => part.startsWith(command));
  const match = /^.*\nrc=(\d+).*\n--stdout\n([\s\S]*?)(?:^--stderr\n([\s\S]*))?$(?![\s\S])/m.exec(
    block ?? "",
  );
  if (block === undefined || match === null) throw new Error(`no recording of juju ${command} in ${file}`);
  const stderr = (match[3] ?? "").split(/^### /m)[0] ?? "";
  return { code: Number(match[1]), stdout: match[2] ?? "", stderr: stderr.replace(/\n\n+$/, "\n") };
};

export const recordedFile = (...path: string[]): string => readFileSync(join(recordings, ...path), "utf8");
