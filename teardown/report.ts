import { extname } from "node:path";
import { execProgram } from "./clients/exec.ts";
import { manyMachines } from "./run/recorded-lab.ts";
import type { Run } from "./run/run-directory.ts";

const renderer = () => import("./report/write-report.ts");

/** In a process of its own: with a thousand machines, rendering takes as much memory as the whole teardown. */
const reportElsewhere = async (directory: string): Promise<void> => {
  const module = new URL(`./report/write-report${extname(import.meta.url)}`, import.meta.url).href;
  const lines = `import(${JSON.stringify(module)}).then(({ writeReport }) => writeReport(${JSON.stringify(directory)}))`;
  await execProgram({
    binary: process.execPath,
    args: ["--input-type=module", "--eval", lines],
    env: process.env,
    limit: 60_000,
    maxBytes: 100_000,
    signal: undefined,
  });
};

/** Writes the run's report as it stands now. It is a rendering of the journal, so a report that fails loses nothing. */
export const report = async (run: Run): Promise<void> => {
  if (run.lab.machines.length > manyMachines) return await reportElsewhere(run.directory);
  const { writeReport } = await renderer();
  writeReport(run.directory);
};

/** Loads what a report takes while nothing else is to be done: its end is waited for. */
export const prepareReport = (run: Run): void => {
  if (run.lab.machines.length <= manyMachines) void renderer().catch(() => {});
};
