import { parseArgs } from "node:util";
import { ScenarioError } from "./errors.ts";
import { startLab } from "./lab.ts";
import { readScenario, resolveScenario, type Scenario } from "./scenario.ts";

const usage = `node packages/simulator/main.ts [options]
  --scenario FILE   YAML or JSON; without it: five machines and their model, all well
  --speed N         lab time runs N times faster (default 1)
  --port N          default: any free port
  --dir DIR         where the lab keeps its files (default .lab)
  --maas VERSION    3.4, 3.6 or master
  --juju VERSION    3.6 or 4.0
  --machines N      that many more machines in MAAS
  --latency         the real cost of reads and of the clients' start-up
  --json            print one line of JSON instead of the greeting
  --parent-pid N    stop when that process is gone`;

const options = {
  scenario: { type: "string" },
  speed: { type: "string", default: "1" },
  port: { type: "string", default: "0" },
  dir: { type: "string", default: ".lab" },
  maas: { type: "string" },
  juju: { type: "string" },
  machines: { type: "string", default: "0" },
  latency: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  "parent-pid": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** A full version for the short ones of the command line. */
const maasVersions: Readonly<Record<string, string>> = { "3.4": "3.4.8", "3.6": "3.6.5" };
const jujuVersions: Readonly<Record<string, string>> = { "3.6": "3.6.28", "4.0": "4.0.14" };

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new ScenarioError(`--${name} must be a number, found ${text}.`);
  return value;
};

const scenarioOf = async (values: {
  scenario?: string | undefined;
  maas?: string | undefined;
  juju?: string | undefined;
  machines: string;
}): Promise<Scenario> => {
  const scenario = values.scenario ? await readScenario(values.scenario) : resolveScenario();
  if (values.maas) scenario.maas.version = maasVersions[values.maas] ?? values.maas;
  if (values.juju) {
    scenario.controller.version = jujuVersions[values.juju] ?? values.juju;
    scenario.controller.client = scenario.controller.version;
  }
  const more = Array.from({ length: number("machines", values.machines) }, (_, index) => ({
    hostname: `node${`${index}`.padStart(4, "0")}`,
    status: "Ready",
  }));
  if (more.length > 0) scenario.machines.push(...resolveScenario({ models: [], machines: more }).machines);
  return scenario;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const lab = await startLab({
    scenario: await scenarioOf(values),
    speed: number("speed", values.speed) || 1,
    port: number("port", values.port),
    dir: values.dir,
    latency: values.latency,
  });
  const { url, maasUrl, dir, env, stores, apiKey } = lab;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ url, maasUrl, dir, env, stores, apiKey, pid: process.pid })}\n`
      : `The simulated lab is up at ${url} (nothing in it is real). In a second terminal:\n\n  . ${dir}/env.sh\n\nStop it with Ctrl-C.\n`,
  );
  const stop = (): void => {
    void lab.stop().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const parent = values["parent-pid"];
  if (parent) setInterval(() => isAlive(number("parent-pid", parent)) || stop(), 500).unref();
};

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
