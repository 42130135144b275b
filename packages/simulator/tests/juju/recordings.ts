import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { recordings } from "../../../../tests/recordings.ts";

/** One recorded run of the real client. */
export type Recording = {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** What a file holds under one `###` heading: runs, and the client's models.yaml afterwards where it is given. */
export type Section = {
  readonly title: string;
  readonly recordings: readonly Recording[];
  readonly store: string | undefined;
};

export const sampleText = (name: string): string => readFileSync(join(recordings, "juju", name), "utf8");

export const sampleNames = (folder: string): string[] => readdirSync(join(recordings, "juju", folder)).sort();

/** Every transcript: those beside the folders, and those of each client's folder, `cli-3.6.28` and whatever comes. */
export const transcripts = (): string[] => {
  const folders = sampleNames("").filter((name) => name.startsWith("cli-") && !name.endsWith(".json"));
  return [
    ...sampleNames("").filter((name) => /\.(txt|json)$/.test(name)),
    ...folders.flatMap((folder) => sampleNames(folder).map((name) => `${folder}/${name}`)),
  ];
};

/** Every run is followed by an empty line, except in the few files written by hand. */
const withoutSeparator = (text: string): string => (/(^|\n)\n$/.test(text) ? text.slice(0, -1) : text);

const parseRun = (block: string): Recording => {
  const [head = "", out = ""] = block.split(/^--stdout\n/m);
  const [stdout = "", stderr = ""] = out.split(/^--stderr\n?/m);
  const [command = ""] = head.split("\n");
  const code = Number(/^rc=(\d+)/m.exec(head)?.[1]);
  const argv = command
    .replace(/^\$ juju /, "")
    .replace(/ +\(.*\)$/, "")
    .split(" ");
  return { argv, code, stdout, stderr: withoutSeparator(stderr.split(/^The same with /m)[0] ?? "") };
};

const jsonTranscript = z.object({
  note: z.string(),
  runs: z.array(
    z.object({ argv: z.array(z.string()), rc: z.number(), stdout: z.string(), stderr: z.string() }),
  ),
});

/** The sections of a transcript: of a file of JSON, which is one session with one store, or of a text. */
export const readTranscript = (file: string): Section[] => {
  const text = sampleText(file);
  if (!file.endsWith(".json")) return parseTranscript(text);
  const { runs } = jsonTranscript.parse(JSON.parse(text));
  const all = runs.map(({ argv, rc, ...texts }) => ({ argv: argv.slice(1), code: rc, ...texts }));
  return [{ title: "", recordings: all, store: undefined }];
};

/** Reads a transcript: `$ juju ...`, `rc=`, `--stdout`, `--stderr`, under headings that begin with `###`. */
export const parseTranscript = (text: string): Section[] => {
  const parts = text.split(/^### /m);
  const sections: { title: string; recordings: Recording[]; store: string | undefined }[] = [];
  for (const [index, part] of parts.entries()) {
    const [title = "", ...lines] = index === 0 ? ["", part] : part.split("\n");
    const body = lines.join("\n");
    const last = sections.at(-1);
    if (title.startsWith("models.yaml in client store") && last) last.store = body;
    else if (title !== "api calls" && body.includes("$ juju "))
      sections.push({
        title,
        recordings: body
          .split(/^(?=\$ juju )/m)
          .filter((block) => block.startsWith("$ juju "))
          .map(parseRun),
        store: undefined,
      });
  }
  return sections;
};
