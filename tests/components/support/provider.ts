import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
// What stands between the engine and a provider: `pulumi <argv>` starts it.
const engineProgram = 'node --input-type=module -e "$PROVIDER" provider "$ADDRESS"; exit $?';

export type Ended = { code: number | null; output: string };
export type ProviderProcess = { ended: Promise<Ended>; until: (text: string) => Promise<void> };

/**
 * Runs these lines as a provider process: its first argument is the engine's address, as the engine passes it, and its parent
 * is a program that is called like the engine and has these arguments.
 */
export const providerProcess = (
  lines: string,
  address: string,
  command: string[] = [],
  name = "pulumi",
): ProviderProcess => {
  const provider = `process.argv.splice(1, 1); process.argv.splice(1, 0, "provider");\n${lines}`;
  // A shell that is called `pulumi` and reads its program from -c, which is a flag with a value for the CLI too.
  const child = spawn("/bin/sh", ["-c", engineProgram, ...command], {
    cwd: root,
    argv0: name,
    env: { ...process.env, PROVIDER: provider, ADDRESS: address },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
      for (const look of waiting) look();
    });
  }
  return {
    ended: once(child, "close").then(([code]) => ({ code: code === null ? null : Number(code), output })),
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (output.includes(text)) resolve();
        };
        waiting.add(look);
        look();
        child.on("close", () => reject(new Error(`ended without ${text}: ${output}`)));
      }),
  };
};
