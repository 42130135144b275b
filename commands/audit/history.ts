import { z } from "zod";
import { type Pulumi, parsedOutput } from "../pulumi-cli.ts";

const updates = z.array(
  z.object({
    kind: z.string(),
    startTime: z.string(),
    endTime: z.string().optional(),
    message: z.string().default(""),
    result: z.string().default(""),
    resourceChanges: z.record(z.string(), z.number()).default({}),
    environment: z.record(z.string(), z.string()).default({}),
  }),
);

/** One operation as Pulumi keeps it. Pulumi knows no user and no host; times are to the second. */
export type Update = z.output<typeof updates>[number];

/** A stack's history; `missing` when the stack is not there (any more), `why` when it could not be read. */
export type History = { stack: string; updates: Update[]; missing: boolean; why?: string };

/** Why, as given by `-m`. In a git checkout Pulumi writes the last commit's message where none was given. */
export const whyOf = ({ message, environment }: Update): string =>
  environment["pulumi.flag.message"] === undefined ? "" : message;

// It shows ten unless told otherwise.
const all = ["--page-size", "100000", "--page", "1"];

/** Asks Pulumi for a stack's history. `pulumi stack rm` has erased it for ever (engine.md 10). */
export const historyOf = async (pulumi: Pulumi, stack: string): Promise<History> => {
  const { exitCode, stdout, stderr } = await pulumi(["stack", "history", "--json", "--stack", stack, ...all]);
  if (/no stack named/.test(stderr)) return { stack, updates: [], missing: true };
  if (exitCode !== 0)
    return { stack, updates: [], missing: false, why: stderr.trim() || `exit code ${exitCode}` };
  return { stack, updates: parsedOutput(stdout, "pulumi stack history", updates), missing: false };
};
