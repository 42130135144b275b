import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { describeUnless } from "../needs.ts";

/** The tables in `docs/` that the tests generate. */
export const tableNames = ["guards", "interruptions", "faults"] as const;
export type TableName = (typeof tableNames)[number];

/** One row: what happens, what is expected of the teardown, and a test that returns what it saw. */
export type Row = {
  situation: string;
  /** When it happens; rows that differ in this alone are one row of the table, with a list of moments. */
  moment?: string;
  expected: string;
  /** Makes the situation, asserts what is expected, and returns what was seen: the same words each time. */
  run: () => Promise<string>;
  /** Also in `make test`; the others run in `make test-faults` (FAULTS=all). */
  quick?: boolean;
};

/** A finished row, as `make test-faults` gathers it. */
export type Seen = {
  table: TableName;
  section: string;
  at: number;
  situation: string;
  moment?: string;
  expected: string;
  seen: string;
  test: string;
};

const everything = process.env.FAULTS === "all";
// Rows mostly wait: several labs side by side take little longer than one.
const sideBySide = Number(process.env.FAULTS_JOBS ?? (everything ? 3 : 2));

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", "<br>");

type Cells = Pick<Seen, "situation" | "expected" | "seen" | "test">;

/** A row of a table, in Markdown. */
export const line = ({ situation, expected, seen, test }: Cells, moments: readonly string[] = []): string =>
  `| ${[[situation, ...moments].join("\n"), expected, seen].map(cell).join(" | ")} | [${basename(test, ".test.ts")}](../${test}) |`;

/** Whether a table holds a row; where it has a moment, among others in the row's first cell. */
const holds = (lines: readonly string[], { moment, ...cells }: Cells & { moment?: string }): boolean => {
  if (moment === undefined) return lines.includes(line(cells));
  const situation = `| ${cell(cells.situation)}`;
  const rest = line(cells).slice(situation.length);
  return lines.some(
    (each) =>
      each.startsWith(`${situation}<br>`) &&
      each.endsWith(rest) &&
      each.slice(situation.length, -rest.length).split("<br>").includes(cell(moment)),
  );
};

/** Gathered for the tables when they are generated; otherwise compared with what is committed. */
const keep = (row: Seen): void => {
  const file = process.env.FAULTS_SEEN;
  if (file) {
    appendFileSync(file, `${JSON.stringify(row)}\n`);
    return;
  }
  const document = join(projectRoot, "docs", `${row.table}.md`);
  const committed = existsSync(document) ? readFileSync(document, "utf8").split("\n") : [];
  const text = line(row, row.moment === undefined ? [] : [row.moment]);
  expect(
    holds(committed, row),
    `docs/${row.table}.md (make test-faults generates it) does not have\n${text}`,
  ).to.equal(true);
};

const nameOf = ({ situation, moment }: Row): string =>
  moment === undefined ? situation : `${situation} ${moment}`;

/**
 * Makes tests of rows. Called at the top level of a test file; the next rows begin while the first is still awaited.
 *
 * @param file the calling file's `import.meta.url`
 * @param every in `make test`, every so many-th row runs besides the quick ones; 0 for none
 * @param missing what the rows need and this machine has not; they are skipped then
 */
export const rows = (
  file: string,
  table: TableName,
  section: string,
  all: readonly Row[],
  { every = 0, missing }: { every?: number; missing?: string | undefined } = {},
): void => {
  const only = process.env.FAULTS_ONLY;
  const test = fileURLToPath(file).slice(projectRoot.length + 1);
  const chosen = all
    .map((row, at) => ({ row, at }))
    .filter(({ row, at }) =>
      only
        ? `${section}: ${nameOf(row)}`.includes(only)
        : everything || row.quick || (every > 0 && at % every === 0),
    );
  const begun = new Map<number, Promise<string>>();
  const begin = (place: number): Promise<string> | undefined => {
    const row = chosen[place]?.row;
    if (row && !begun.has(place)) {
      const running = row.run();
      running.catch(() => {});
      begun.set(place, running);
    }
    return begun.get(place);
  };
  describeUnless(missing)(section, function () {
    this.timeout(600_000);
    for (const [place, { row, at }] of chosen.entries()) {
      const { situation, moment, expected } = row;
      it(`${nameOf(row)}: ${expected}`, async () => {
        const running = begin(place);
        for (let next = 1; next < sideBySide; next++) void begin(place + next);
        const seen = (await running) ?? "";
        keep({ table, section, at, situation, ...(moment && { moment }), expected, seen, test });
      });
    }
  });
};
