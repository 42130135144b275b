/**
 * `make bench`: how long things take, this project beside the runbook and beside the engine's own floor.
 *
 *   make bench                        all but the real durations
 *   make bench ARGS="five curve"      some parts; a part that is not measured now keeps its last numbers
 *   BENCH=long make bench             also once with real durations, a quarter of an hour
 *   RUNS=9 make bench                 more runs of what is repeated (default 5)
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { projectRoot, toolchainEnvironment } from "../packages/toolchain/environment.ts";
import { curvePoint } from "./curve.ts";
import { fiveMachines, realDurations, sideBySide } from "./five.ts";
import { previews } from "./preview.ts";
import { type PartName, parts, type Results } from "./results.ts";
import { plotsOf } from "./results-plot.ts";
import { phasesTable, resultsTable } from "./table.ts";
import { manyMachines } from "./thousand.ts";

const resultsFile = join(projectRoot, "bench/results.json");
const plotFile = join(projectRoot, "bench/results.svg");
const sizes = (process.env.SIZES ?? "5,50,500,1000").split(",").map(Number);
const runs = Number(process.env.RUNS ?? 5);

const isPart = (word: string): word is PartName => parts.some((part) => part === word);
const asked = process.argv.slice(2).filter(isPart);
const wanted = new Set<PartName>(
  asked.length > 0 ? asked : parts.filter((part) => part !== "realDurations" || process.env.BENCH === "long"),
);

const tell = (text: string) => process.stdout.write(`${text}\n`);
const directory = mkdtempSync(join(tmpdir(), "bench-"));
const before: Partial<Results> = existsSync(resultsFile)
  ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Results)
  : {};
const { parts: tools } = await toolchainEnvironment();
const load = loadavg()[0] ?? 0;
const results: Results = {
  ...before,
  at: new Date().toISOString(),
  machine: {
    cores: cpus().length,
    model: cpus()[0]?.model ?? "",
    memoryBytes: totalmem(),
    load,
    node: process.versions.node,
    pulumi: tools.find(({ name }) => name === "pulumi")?.version ?? "",
  },
};
if (load > cpus().length)
  tell(`The machine is busy (load ${load.toFixed(1)}): the numbers will not be good.`);

const measure = async (name: PartName, what: string, work: () => Promise<Partial<Results>>) => {
  if (!wanted.has(name)) return;
  tell(`\n${what}`);
  Object.assign(results, await work());
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
};

try {
  await measure("five", "Five machines, the runbook and the stack in turns", async () => ({
    five: await sideBySide(fiveMachines(false), runs, directory, tell),
  }));
  await measure("fiveWithLatency", "The same, with what the real clients cost", async () => ({
    fiveWithLatency: await sideBySide(fiveMachines(true), runs, directory, tell),
  }));
  await measure("previews", "Previews", async () => ({ previews: await previews(runs, directory) }));
  await measure("curve", "Polling", async () => {
    const curve = [];
    for (const size of sizes) {
      curve.push(await curvePoint(size));
      tell(`${size} machines`);
    }
    return { curve };
  });
  await measure("many", "A thousand machines, and as many empty resources", async () => {
    const most = Math.max(...sizes);
    return { many: [await manyMachines(most, true, directory), await manyMachines(most, false, directory)] };
  });
  await measure("realDurations", "Five machines with real durations", async () => ({
    realDurations: await sideBySide(realDurations, 1, directory, tell),
  }));
  writeFileSync(plotFile, plotsOf(results));
  tell(`\n${resultsTable(results)}`);
  if (results.five) tell(`\n${phasesTable("five machines", results.five)}`);
  if (results.fiveWithLatency)
    tell(`\n${phasesTable("five, real costs of the clients", results.fiveWithLatency)}`);
  tell(`\nMore: ${[resultsFile, plotFile].map((file) => file.slice(projectRoot.length + 1)).join(", ")}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
