import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { captureFiles } from "../../teardown/run/captured.ts";
import { machines } from "../e2e/lab.ts";
import { adoptedStack, makeStack, type Stack } from "../e2e/stack.ts";
import { clear, on, set } from "./lab.ts";
import { rows } from "./rows.ts";
import { failed, finishes, says, until, untouched } from "./witness.ts";

const filesIn = (root: string): string[] =>
  existsSync(root)
    ? readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** Every file that a teardown wrote and that holds a canary. */
const leaks = (stack: Stack, canaries: readonly string[]): string[] =>
  [stack.state, stack.backups, stack.project]
    .flatMap(filesIn)
    // The program itself is no teardown's writing; the simulated charms' options are in its source.
    .filter((file) => !/\/(node_modules|packages)\//.test(file))
    .filter((file) => {
      const text = readFileSync(file, "latin1");
      return canaries.some((canary) => text.includes(canary));
    })
    .map((file) => file.split("/").at(-1) ?? file);

/** Looks at the command lines of all processes until told to stop, and gathers those with a canary. */
const watchProcesses = (canaries: readonly string[]): (() => Promise<string[]>) => {
  const seen = new Set<string>();
  let over = false;
  const look = (): boolean => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (canaries.some((canary) => command.includes(canary))) seen.add(command.replaceAll("\0", " "));
      } catch {
        // Gone meanwhile.
      }
    }
    return over;
  };
  const watching = until("the processes are over", look);
  return async () => {
    over = true;
    await watching;
    return [...seen];
  };
};

const secretOf = (apiKey: string): string => apiKey.split(":")[2] ?? "no key";

rows(import.meta.url, "faults", "Secrets: canaries, and every file, output and command line searched", [
  {
    situation: "the API key from the `maas` CLI's profile, and secrets among the charms' options",
    expected: "the options in the captured bundle alone; files 0600, folder 0700, whatever the umask",
    quick: true,
    run: async () => {
      const before = process.umask(0);
      const making = adoptedStack({
        scenario: { models: [{ name: "openstack", reap: "2m", canary: true }] },
      });
      const stack = await making.finally(() => process.umask(before));
      try {
        const canaries = ["CANARY", secretOf(stack.lab.apiKey)];
        const watched = watchProcesses(canaries);
        process.umask(0);
        const running = stack.start("destroy", "--yes", "--skip-preview");
        process.umask(before);
        const { code, output } = await running.ended;
        expect(code, output).to.equal(0);
        expect(await watched()).to.deep.equal([]);
        for (const canary of canaries) expect(output).to.not.include(canary);
        expect(leaks(stack, canaries)).to.deep.equal([captureFiles.bundle]);
        const [run = ""] = stack.runs();
        expect(statSync(run).mode & 0o777).to.equal(0o700);
        for (const file of filesIn(run)) expect(statSync(file).mode & 0o777, file).to.equal(0o600);
        return `found in ${captureFiles.bundle} alone; 0700 and 0600 with umask 000`;
      } finally {
        process.umask(before);
        await stack.end();
      }
    },
  },
  {
    situation: "the API key is found through `maas list`, which prints it",
    expected: "nowhere",
    run: on({}, async (stack) => {
      const canaries = [secretOf(stack.lab.apiKey)];
      const lab = join(stack.directory, "lab");
      renameSync(join(lab, "home", ".maascli.db"), join(stack.directory, "moved.db"));
      const maas = join(lab, "bin", "maas");
      writeFileSync(
        maas,
        `#!/bin/sh\ntouch '${join(stack.directory, "listed")}'\necho admin '${stack.lab.maasUrl}/MAAS' '${stack.lab.apiKey}'\n`,
      );
      chmodSync(maas, 0o755);
      const watched = watchProcesses(canaries);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(existsSync(join(stack.directory, "listed"))).to.equal(true);
      expect(await watched()).to.deep.equal([]);
      for (const canary of canaries) expect(output).to.not.include(canary);
      expect(leaks(stack, canaries)).to.deep.equal([]);
      return "found nowhere";
    }),
  },
  {
    situation: "a wrong key in the configuration: MAAS's 401 echoes the right secret",
    expected: "nowhere",
    run: async () => {
      const stack = await makeStack();
      try {
        const { apiKey, maasUrl } = stack.lab;
        const wrong = `${apiKey.slice(0, -4)}zzzz`;
        const canaries = [secretOf(apiKey), secretOf(wrong)];
        stack.configure({ maasProfile: undefined, maasApiUrl: `${maasUrl}/MAAS` });
        // On stdin, as an operator would: the rows beside this one look at all command lines.
        const { pulumi } = await toolchainEnvironment();
        const setKey = (key: string) =>
          execa(pulumi, ["config", "set", "--secret", "maasApiKey", "--stack", "sim", "--non-interactive"], {
            cwd: stack.project,
            env: stack.env,
            input: key,
          });
        await setKey(apiKey);
        const adopted = await stack.up();
        expect(adopted.code, adopted.output).to.equal(0);
        await setKey(wrong);
        const kept = await stack.up();
        expect(kept.output).to.include("keeping the recorded lab");
        const refused = failed(await stack.destroy());
        const said = says(refused, /answered 401: the secret in the API key is wrong/);
        await setKey(apiKey);
        await stack.up();
        const watched = watchProcesses(canaries);
        const end = await finishes(stack);
        expect(await watched()).to.deep.equal([]);
        for (const canary of canaries)
          for (const { output } of [adopted, kept, refused]) expect(output).to.not.include(canary);
        expect(leaks(stack, canaries)).to.deep.equal([]);
        return `${said}; found nowhere; ${end}`;
      } finally {
        await stack.end();
      }
    },
  },
]);

const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array.from({ length: 9 }, () => `*a${at}`).join(", ")}]`).join("\n")}\n`;
const nasty = `"'\`$(touch PWNED); <script>alert(1)</script> \u001b[2J\u001b]0;owned\u0007 \u009b31m\r\nerror: forged\n%s`;

/** Puts a program in juju's place that answers one command itself. */
const instead = (stack: Stack, command: string, answer: string): (() => void) => {
  const juju = join(stack.directory, "lab", "bin", "juju");
  const real = `${juju}.real`;
  renameSync(juju, real);
  const file = join(stack.directory, "answer.txt");
  writeFileSync(file, answer);
  writeFileSync(juju, `#!/bin/sh\ncase "$1" in ${command}) cat '${file}';; *) exec '${real}' "$@";; esac\n`, {
    mode: 0o755,
  });
  return () => renameSync(real, juju);
};
const harmless = (stack: Stack, output: string): void => {
  expect(filesIn(stack.directory).filter((file) => file.endsWith("PWNED"))).to.deep.equal([]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them is the point
  expect(output).to.not.match(/[\u0007\u001b\u009b]/);
  for (const file of filesIn(stack.backups).filter((name) => name.endsWith(".html")))
    expect(readFileSync(file, "utf8")).to.not.include("<script>alert(1)");
};

rows(import.meta.url, "faults", "Hostile data", [
  {
    situation: "the release comment holds quotes, newlines, shell and HTML",
    expected: "arrives at MAAS as it is, does nothing else",
    run: async () => {
      // Pulumi itself takes no other control character than a newline in a stack's file.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      const comment = nasty.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "");
      const stack = await adoptedStack({ config: { releaseComment: comment } });
      try {
        const { code, output } = await stack.destroy();
        expect(code, output).to.equal(0);
        harmless(stack, output);
        const call = (await stack.lab.calls()).find(({ what }) => what.includes("op=release"));
        const words = (text: string) => text.replaceAll(/\s+/g, " ");
        expect(words(String(call?.detail?.comment))).to.equal(words(comment));
        return "the same text at MAAS; no file made, no escape on the screen";
      } finally {
        await stack.end();
      }
    },
  },
  {
    situation:
      "MAAS's and a machine's texts hold escapes, shell and HTML (status, error, an unlisted machine's name)",
    expected: "shown without control characters, in rows and in the report",
    run: on(
      {
        scenario: {
          machines: machines({
            openstack1: {
              statusMessage: nasty,
              errorDescription: nasty,
              faults: [{ answer: "power-fails-500", times: 9 }],
            },
          }),
        },
      },
      async (stack) => {
        await set(stack, "openstack2", { owner: nasty });
        const refused = failed(await stack.destroy());
        harmless(stack, refused.output);
        untouched(stack);
        await set(stack, "openstack2", { owner: "juju" });
        const stopped = failed(await stack.destroy());
        harmless(stack, stopped.output);
        await clear(stack);
        return `no escape on the screen, no markup in the report; ${await finishes(stack)}`;
      },
    ),
  },
  {
    situation: "a model of somebody else has a hostile name and status",
    expected: "no injection, no crash",
    run: on({}, async (stack) => {
      const back = instead(
        stack,
        "models",
        JSON.stringify({
          models: [
            {
              name: nasty,
              "short-name": nasty,
              "model-uuid": nasty,
              life: nasty,
              status: { current: nasty },
            },
          ],
        }),
      );
      const refused = failed(await stack.destroy());
      harmless(stack, refused.output);
      untouched(stack);
      back();
      return `refused, nothing touched; then: ${await finishes(stack)}`;
    }),
  },
  ...["models", "export-bundle", "status"].map((command) => ({
    situation: `\`juju ${command}\` prints a bomb of YAML aliases`,
    expected: "stops untouched; without it, the next destroy finishes",
    run: on({}, async (stack) => {
      const back = instead(stack, command, bomb);
      failed(await stack.destroy());
      const kept = untouched(stack);
      back();
      return `${kept}; then: ${await finishes(stack)}`;
    }),
  })),
]);
