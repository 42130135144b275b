import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { EngineProcess } from "../teardown/clients/engine-process.ts";
import { TeardownError } from "../teardown/errors.ts";

/** Runs `pulumi` in the project's folder, never asking anything. */
export type Pulumi = (args: string[]) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

/** The CLI that a destroy typed here would be. */
export type PulumiCli = {
  run: Pulumi;
  /** As a process that works on a stack: what asks the engine above it asks this one. */
  on: (stack: string | undefined) => EngineProcess;
};

// A state in a bucket or a database may be slow; a dead one must not hold the operator up.
const limit = 60_000;

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The `pulumi` on PATH. The npm package of that name is passed over: it would download a CLI where there is none.
 *
 * @throws TeardownError `missing` when there is none
 */
export const pulumiCli = (env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): PulumiCli => {
  const binary = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.endsWith(join("node_modules", ".bin")))
    .map((folder) => join(folder, "pulumi"))
    .find(isProgram);
  if (binary === undefined) {
    throw new TeardownError(
      "missing",
      'there is no `pulumi` on PATH; nothing was touched\nIn this folder: eval "$(make -s env)"   # then the same command again',
    );
  }
  return {
    run: async (args) => {
      const result = await execa(binary, [...args, "--non-interactive"], {
        cwd,
        env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
        reject: false,
        timeout: limit,
      });
      return {
        exitCode: result.exitCode ?? -1,
        stdout: result.stdout,
        stderr: result.stderr || (result instanceof Error ? result.message : ""),
      };
    },
    on: (stack) => ({
      pid: process.pid,
      started: "",
      argv: [binary, ...(stack === undefined ? [] : ["--stack", stack])],
      exact: true,
      cwd,
      binary,
    }),
  };
};

/** Reads what a Pulumi command printed as JSON. @throws TeardownError `config` when it is of another shape */
export const parsedOutput = <Shape>(text: string, what: string, shape: z.ZodType<Shape>): Shape => {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).split("\n")[0] : "no JSON";
    throw new TeardownError(
      "config",
      `${what} printed something else than expected: ${why}\nNothing was touched.`,
    );
  }
};
