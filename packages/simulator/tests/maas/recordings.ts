import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { recordings } from "../../../../tests/recordings.ts";

const exchangeSchema = z.object({
  server: z.string(),
  name: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string().nullable(),
  }),
  response: z.object({
    status: z.number(),
    reason: z.string(),
    headers: z.array(z.tuple([z.string(), z.string()])),
    body_text: z.string().optional(),
    body_json: z.unknown(),
  }),
});

/** One recorded exchange with the real MAAS. */
export type Exchange = {
  readonly file: string;
  /** What the recorder noted of the server: the power's mode, whether there were boot images. */
  readonly server: string;
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string | undefined;
  readonly json: unknown;
};

const transcriptSchema = z.array(
  z.object({
    argv: z.array(z.string()),
    tty: z.boolean(),
    rc: z.number(),
    stdout: z.string(),
    stderr: z.string(),
  }),
);

/** One recorded run of the real `maas` CLI. */
export type CliRun = {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** `b2` before `b10`. */
const inOrder = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

const transcript = "cli-transcript.json";

/** All exchanges of a folder of recordings, in the order in which they were made. */
export const readExchanges = (folder: "maas" | "maas-power" = "maas"): Exchange[] =>
  readdirSync(join(recordings, folder))
    .filter((file) => file.endsWith(".json") && file !== transcript)
    .sort(inOrder)
    .map((file) => {
      const { server, name, request, response } = exchangeSchema.parse(
        JSON.parse(readFileSync(join(recordings, folder, file), "utf8")),
      );
      return {
        file,
        server,
        name,
        request,
        status: response.status,
        reason: response.reason,
        headers: new Map(response.headers.map(([header, value]) => [header.toLowerCase(), value])),
        text: response.body_text,
        json: response.body_json,
      };
    });

/** All recorded runs of the `maas` CLI, which began with the same machines as the exchanges. */
export const readTranscript = (): CliRun[] =>
  transcriptSchema.parse(JSON.parse(readFileSync(join(recordings, "maas", transcript), "utf8")));

/** Whether a recorded body is that of a machine. */
export const isMachine = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && "system_id" in value && "status_name" in value;

/** The machines in a recorded body: one, several in a list, or none. */
export const machinesIn = (json: unknown): Record<string, unknown>[] =>
  (Array.isArray(json) ? json : [json]).filter(isMachine);
