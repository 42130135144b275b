import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { verifyChain } from "../../teardown/run/journal.ts";
import { machines } from "../e2e/lab.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";
import { on, ownReleases } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { destructive, failed, finishes, permitting, says } from "./witness.ts";

const fileOf = (stack: Stack): string => join(stack.runs().at(-1) ?? "", "journal.jsonl");
const linesOf = (stack: Stack): string[] => readFileSync(fileOf(stack), "utf8").trimEnd().split("\n");
const write = (stack: Stack, lines: string[]): void =>
  writeFileSync(fileOf(stack), lines.map((line) => `${line}\n`).join(""));

/** A lab of which one machine is left in the stack. */
const oneLeft = (act: (stack: Stack) => Promise<string>) =>
  on(
    {
      scenario: {
        ...ownReleases,
        machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 4 }] } }),
      },
    },
    async (stack) => {
      failed(await stack.destroy());
      return await act(stack);
    },
  );

/** Asserts that the next destroy is refused, touches nothing, and writes nothing. */
const refused = async (stack: Stack): Promise<Outcome> => {
  const [calls, journal] = [destructive(stack).length, readFileSync(fileOf(stack), "utf8")];
  const outcome = failed(await stack.destroy());
  says(outcome, /the journal of this teardown cannot be relied on/);
  expect(destructive(stack)).to.have.length(calls);
  expect(readFileSync(fileOf(stack), "utf8")).to.equal(journal);
  return outcome;
};

const changed: Row[] = [
  {
    situation: "a line of it was edited, and one machine is left in the stack",
    expected: "stops untouched, names the line; with the line put back, the destroy finishes",
    run: oneLeft(async (stack) => {
      const before = linesOf(stack);
      write(
        stack,
        before.map((line) => line.replace('"event":"guards-passed"', '"event":"guards-passed" ')),
      );
      const said = says(
        await refused(stack),
        /line \d+ of journal\.jsonl does not follow from the line before it/,
      );
      write(stack, before);
      return `${said.replace(/\d+/, "N")}; nothing touched; put back: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "its beginning was cut off, and one machine is left in the stack",
    expected: "stops untouched; moved aside, the next destroy says what to set, and goes on with it",
    quick: true,
    run: oneLeft(async (stack) => {
      write(stack, linesOf(stack).slice(1));
      const outcome = await refused(stack);
      const said = says(outcome, /line 1 of journal\.jsonl does not follow from the line before it/);
      const [, from = "", to = ""] = /mv '([^']+)' '([^']+)' && pulumi destroy/.exec(outcome.output) ?? [];
      renameSync(from, to);
      const end = await finishes(stack, ...permitting(failed(await stack.destroy()), "withoutBundle"));
      return `${said}; nothing touched; moved aside, with withoutBundle: ${end}`;
    }),
  },
  {
    situation: "a newer version of this project wrote it",
    expected: "stops untouched, writes nothing",
    run: oneLeft(async (stack) => {
      write(
        stack,
        linesOf(stack).map((line) => line.replace('{"v":2,', '{"v":3,')),
      );
      return `${says(await refused(stack), /line 1 of journal\.jsonl was written by a newer version of this project/)}; nothing touched`;
    }),
  },
  {
    situation: "the first version wrote it",
    expected: "goes on, and chains its lines to the last one",
    run: oneLeft(async (stack) => {
      const old = linesOf(stack).map((line) => {
        const { prev: _, ...event } = JSON.parse(line) as Record<string, unknown>;
        return JSON.stringify({ ...event, v: 1 });
      });
      write(stack, old);
      const end = await finishes(stack);
      expect(linesOf(stack).slice(0, old.length)).to.deep.equal(old);
      expect(verifyChain(fileOf(stack))).to.include({ broken: false });
      return `${end}; the chain begins with the first version's last line`;
    }),
  },
];

rows(import.meta.url, "interruptions", "The journal is not what was written", changed);
