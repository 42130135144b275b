import { isAbsolute } from "node:path";
import { z } from "zod";
import { type EngineOptions, engineOptions } from "./engine-options.ts";
import type { EngineProcess } from "./engine-process.ts";
import { type Exec, type ExecAnswer, type ExecAsk, execProgram } from "./exec.ts";

/** A stack's configuration, as the CLI reads it now; or why it could not be had. */
export type StackConfig =
  | {
      kind: "ok";
      /** The stack's own name, without organization and project. */
      stack: string;
      /** By key with its namespace. Texts, or what JSON makes of an object or a list; secrets in clear, but only ours. */
      values: Record<string, unknown>;
      /** Every key that is or holds a secret, with its namespace. */
      secretKeys: Set<string>;
    }
  /** There is no engine above this process, or it cannot be seen. */
  | { kind: "no-engine" }
  /** The engine's own program cannot be found or run. */
  | { kind: "no-binary"; program: string }
  /** The engine's folder cannot be seen, so nobody knows where a relative `--config-file` is. */
  | { kind: "relative-config-file"; configFile: string }
  /** A secret of ours cannot be decrypted, though everything else can be read. `said`: the CLI's stderr. */
  | { kind: "cannot-decrypt"; stack: string; keys: string[]; said: string }
  /** The CLI refused, died, or answered something else. `said`: its stderr. */
  | { kind: "failed"; call: "stack" | "config"; code: number | undefined; said: string }
  /** `limit` in ms, for all calls together. */
  | { kind: "timeout"; limit: number }
  | { kind: "aborted" };

const answerShape = z.record(
  z.string(),
  z.object({ value: z.string().optional(), objectValue: z.unknown().optional(), secret: z.boolean() }),
);
type Answer = z.output<typeof answerShape>;

const readAnswer = (text: string): Answer | undefined => {
  try {
    return answerShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

const secretsOf = (answer: Answer): string[] => Object.keys(answer).filter((key) => answer[key]?.secret);

/** Everything but the secrets that were not asked for. */
const ok = (stack: string, answer: Answer, wanted: readonly string[]): StackConfig => ({
  kind: "ok",
  stack,
  values: Object.fromEntries(
    Object.entries(answer).flatMap(([key, { value, objectValue, secret }]) =>
      secret && !wanted.includes(key) ? [] : [[key, objectValue ?? value]],
    ),
  ),
  secretKeys: new Set(secretsOf(answer)),
});

// The few options that matter are given as flags. Others would change what `config --json` prints.
const environmentFor = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_OPTION_"))),
  PULUMI_SKIP_UPDATE_CHECK: "true",
});

const megabytes = 1_000_000;

/** One call of the CLI. Without the engine's folder, ours is used: it is inside the same project. */
const question = ({
  binary,
  cwd = process.cwd(),
  args,
  env,
  limit,
  signal,
}: {
  binary: string;
  cwd: string | undefined;
  args: string[];
  env: NodeJS.ProcessEnv;
  limit: number;
  signal: AbortSignal | undefined;
}): ExecAsk => ({
  binary,
  args: [...args, "--non-interactive", "--cwd", cwd],
  env: environmentFor(env),
  limit,
  maxBytes: 50 * megabytes,
  signal,
});

type Call = { name: "stack" | "config"; args: string[] };

/**
 * Asks the engine's own CLI for the configuration of the stack that it works on, by the CLI's own rules: the selected stack,
 * the project's defaults, `--config-file`. It answers while a destroy holds the lock (engine.md 13).
 *
 * Secrets are decrypted only when a key of ours is one. The child inherits the whole environment: it needs the passphrase, and
 * whatever the backend wants. Never throws, and keeps nothing: the caller asks once.
 *
 * @param engine the engine above this process
 * @param namespace of our keys
 * @param limit in ms, for all calls together
 */
export const stackConfig = async (given: {
  engine: EngineProcess | undefined;
  namespace: string;
  signal: AbortSignal | undefined;
  limit?: number;
  env?: NodeJS.ProcessEnv;
  exec?: Exec;
}): Promise<StackConfig> => {
  const { engine, namespace, signal, limit = 30_000, env = process.env, exec = execProgram } = given;
  if (!engine) return { kind: "no-engine" };
  const { binary } = engine;
  if (binary === undefined) return { kind: "no-binary", program: engine.argv[0] ?? "" };
  const options = engineOptions(engine.argv, env);
  const cwd = folderOf(engine, options);
  if (cwd === undefined && options.configFile !== undefined && !isAbsolute(options.configFile)) {
    return { kind: "relative-config-file", configFile: options.configFile };
  }

  const end = performance.now() + limit;
  const ask = ({ args }: Call): Promise<ExecAnswer> =>
    exec(question({ binary, cwd, args, env, limit: end - performance.now(), signal }));
  /** Why an answer is none. */
  const failure = (call: Call, { end: how, code, stderr }: ExecAnswer): StackConfig => {
    if (how === "limit") return { kind: "timeout", limit };
    if (how === "aborted") return { kind: "aborted" };
    if (how === "no-binary" || how === "not-started") return { kind: "no-binary", program: binary };
    return { kind: "failed", call: call.name, code, said: stderr.trim() };
  };

  const nameCall: Call = { name: "stack", args: ["stack", "--show-name", ...flag("--stack", options.stack)] };
  const named = await ask(nameCall);
  const name = named.stdout.trim();
  if (named.code !== 0 || name === "") return failure(nameCall, named);
  const stack = name.slice(name.lastIndexOf("/") + 1);

  // By the name just read: somebody may select another stack meanwhile.
  const configCall: Call = {
    name: "config",
    args: ["config", "--json", "--open", "--stack", name, ...flag("--config-file", options.configFile)],
  };
  const plain = await ask(configCall);
  const shown = plain.code === 0 ? readAnswer(plain.stdout) : undefined;
  if (!shown) return failure(configCall, plain);
  const ours = secretsOf(shown).filter((key) => key.startsWith(`${namespace}:`));
  if (ours.length === 0) return ok(stack, shown, []);

  const clearCall: Call = { name: "config", args: [...configCall.args, "--show-secrets"] };
  const clear = await ask(clearCall);
  // The same call without secrets went well.
  if (clear.end === "exited" && clear.code !== 0) {
    return { kind: "cannot-decrypt", stack, keys: ours, said: clear.stderr.trim() };
  }
  const decrypted = readAnswer(clear.stdout);
  return decrypted ? ok(stack, decrypted, ours) : failure(clearCall, clear);
};

const folderOf = (engine: EngineProcess, { cwd }: EngineOptions): string | undefined =>
  engine.cwd ?? (cwd !== undefined && isAbsolute(cwd) ? cwd : undefined);

const flag = (name: string, value: string | undefined): string[] =>
  value === undefined ? [] : [name, value];

const exportedState = z.object({
  deployment: z
    .object({
      // A stack in which nothing was ever created has no such key.
      resources: z
        .array(
          z.object({
            urn: z.string(),
            type: z.string(),
            protect: z.boolean().default(false),
            outputs: z.record(z.string(), z.unknown()).default({}),
          }),
        )
        .default([]),
    })
    .nullish(),
});

/** A resource in a stack's state; secrets in `outputs` are encrypted. */
export type StateResource = {
  urn: string;
  type: string;
  /** Pulumi's own protection: a destroy of the stack fails while a resource has it. */
  protect: boolean;
  outputs: Record<string, unknown>;
};

/**
 * What is in a stack's state now, by the engine's own CLI: it answers while a destroy holds the lock.
 *
 * @returns undefined when the CLI does not say
 */
export const stackResources = async (given: {
  engine: EngineProcess | undefined;
  stack: string;
  signal: AbortSignal | undefined;
}): Promise<StateResource[] | undefined> => {
  const { engine, stack, signal } = given;
  if (engine?.binary === undefined) return undefined;
  const { env } = process;
  const cwd = folderOf(engine, engineOptions(engine.argv, env));
  const args = ["stack", "export", "--stack", stack];
  const { code, stdout } = await execProgram(
    question({ binary: engine.binary, cwd, args, env, limit: 30_000, signal }),
  );
  if (code !== 0) return undefined;
  try {
    return exportedState.parse(JSON.parse(stdout)).deployment?.resources ?? [];
  } catch {
    return undefined;
  }
};
