import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, startLab } from "../../lab.ts";
import { runMaas } from "../../maas/cli/main.ts";
import { recordedRegion } from "./recorded-region.ts";
import { type CliRun, readExchanges, readTranscript } from "./recordings.ts";

/** Runs of the transcript that are not replayed, by their place, and why. */
const leftOut: Readonly<Record<number, string>> = {};

type Outcome = { rc: number; stdout: string; stderr: string };

/** The recorded region's address, which is another one here. */
const recordedUrl = "http://127.0.0.1:5240";

/** The length that the recorder put in place of what it cut off: `...<11364 chars>`. */
const cut = /\.\.\.<\d+ chars>$/;

/** `"status_name": "Ready"` at the top level of each machine, as far as the text goes. */
const topFields = (text: string): Map<string, string> => {
  const indent = text.includes('\n        "') && text.trimStart().startsWith("[") ? 8 : 4;
  const pattern = new RegExp(`^ {${indent}}"(\\w+)": ("[^"\\n]*"|[\\d.-]+|null|true|false|\\[\\]),?$`, "gm");
  return new Map([...text.matchAll(pattern)].map(([, name = "", value = ""]) => [name, value]));
};

/** Fields that the simulated hardware makes up. */
const madeUp = new Set(["storage"]);

const expectCutBody = (actual: string, recorded: string): void => {
  const prefix = recorded.slice(0, recorded.search(/[[{]/));
  expect(actual.startsWith(`${prefix}${recorded[prefix.length]}`), "begins in the same way").to.equal(true);
  expect(() => JSON.parse(actual.slice(prefix.length)), "the body is whole").not.to.throw();
  expect(actual.endsWith("\n"), "ends in a line feed").to.equal(prefix !== "");
  const mine = topFields(actual);
  const theirs = topFields(recorded.replace(cut, ""));
  expect(theirs.size).to.be.greaterThan(5);
  for (const [name, value] of theirs) if (!madeUp.has(name)) expect(mine.get(name), name).to.equal(value);
};

/** What depends on when, and on the simulated lab's own description and hardware. */
const timeless = (text: string): string =>
  text
    .replace(/Date: .*/, "Date: ...")
    .replace(/Content-Length: \d+/, "Content-Length: ...")
    .replace(/X-Maas-Api-Hash: \w{40}/, "X-Maas-Api-Hash: ...")
    .replace(/"version": "[^"]*", "subversion": "[^"]*"/, '"version": "...", "subversion": "..."');

const expectRun = (actual: Outcome, run: CliRun, url: string): void => {
  const here = (text: string): string => timeless(text.replaceAll(recordedUrl, url));
  expect(actual.rc).to.equal(run.rc);
  expect(timeless(actual.stderr)).to.equal(here(run.stderr));
  if (cut.test(run.stdout)) expectCutBody(actual.stdout, run.stdout);
  else expect(timeless(actual.stdout)).to.equal(here(run.stdout));
};

describe("The stand-in maas behaves as the recorded CLI did", () => {
  const runs = readTranscript();
  let lab: Lab;
  let dir: string;
  let replayed = 0;

  const run = async (argv: readonly string[], tty: boolean): Promise<Outcome> => {
    const outcome: Outcome = { rc: 0, stdout: "", stderr: "" };
    outcome.rc = await runMaas({
      argv: argv.map((word) => word.replace(recordedUrl, lab.maasUrl)),
      env: lab.env,
      tty,
      stdout: (text) => {
        outcome.stdout += text;
      },
      stderr: (text) => {
        outcome.stderr += text;
      },
      now: Date.now,
    });
    return outcome;
  };

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({ dir, speed: 1000, scenario: recordedRegion(readExchanges(), runs) });
  });
  after(async () => {
    await lab.stop();
    rmSync(dir, { recursive: true });
    process.stdout.write(`    replayed ${replayed}, left out ${Object.keys(leftOut).length}\n`);
  });

  for (const [place, recorded] of runs.entries()) {
    if (leftOut[place]) continue;
    it(`${place}: ${recorded.argv.join(" ")}${recorded.tty ? " (on a terminal)" : ""}`, async () => {
      expectRun(await run(recorded.argv.slice(1), recorded.tty), recorded, lab.maasUrl);
      replayed += 1;
    });
  }

  it("as a program, says the same through a pipe", async () => {
    const { exitCode, stdout, stderr } = await execa("maas", ["lab", "machine", "release", "zzzzzz"], {
      env: lab.env,
      reject: false,
    });
    expect([exitCode, stdout, stderr]).to.deep.equal([2, "No Machine matches the given query.", ""]);
    expect(lab.calls().at(-1)).to.include({
      side: "maas-cli",
      what: "maas lab machine release zzzzzz",
      answer: "rc 2",
    });
  });
});
