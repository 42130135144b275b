import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";
import { until } from "./witness.ts";

/** A destroy in a real terminal: keys are typed, the screen is read. */
export type Terminal = {
  interrupt: () => void;
  /** Closes the terminal: what runs in it hears SIGHUP. */
  close: () => void;
  ended: () => Promise<Outcome>;
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Starts `pulumi destroy` under tmux: the CLI itself, since the npm wrapper dies at Ctrl-C while the engine goes on (engine.md 0). */
export const destroyInTerminal = async (stack: Stack): Promise<Terminal> => {
  const { pulumi } = await toolchainEnvironment();
  const script = join(stack.directory, "terminal.sh");
  const screen = join(stack.directory, "screen.txt");
  const code = join(stack.directory, "code.txt");
  const exports = Object.entries(stack.env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  writeFileSync(
    script,
    [
      ...exports,
      `cd ${quoted(stack.project)}`,
      "trap : INT",
      `${quoted(pulumi)} destroy --yes --skip-preview --stack sim --color never`,
      `echo $? > ${quoted(code)}`,
    ].join("\n"),
  );
  const socket = join(stack.directory, "tmux");
  const tmux = (...args: string[]) => execFileSync("tmux", ["-S", socket, ...args], { stdio: "ignore" });
  tmux("-f", "/dev/null", "new-session", "-d", "-x", "220", "-y", "60", `sh ${quoted(script)}`);
  tmux("pipe-pane", `cat >> ${quoted(screen)}`);
  return {
    interrupt: () => tmux("send-keys", "C-c"),
    close: () => tmux("kill-server"),
    ended: async () => {
      await until("the destroy has ended", () => existsSync(code) && readFileSync(code, "utf8") !== "");
      const output = readFileSync(screen, "utf8")
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own escapes
        .replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "")
        .replaceAll("\r", "");
      return { code: Number(readFileSync(code, "utf8")), output, lines: output.split("\n") };
    },
  };
};
