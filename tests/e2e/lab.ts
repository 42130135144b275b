import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { projectRoot } from "../../packages/toolchain/environment.ts";

/** One entry of the simulated lab's call log: a call that has ended, in real time. */
export type Call = {
  side: string;
  what: string;
  detail?: Record<string, unknown>;
  answer: string;
  startedAt: string;
  at: string;
};
export type LabState = {
  machines: {
    hostname: string;
    systemId: string;
    status: string;
    owner: string | null;
    locked: boolean;
    powerState: string;
  }[];
  juju: { models: { name: string; uuid: string; life: string }[] };
};

/** A simulated lab in a process of its own. */
export type Lab = {
  url: string;
  maasUrl: string;
  env: Record<string, string>;
  apiKey: string;
  state: () => Promise<LabState>;
  calls: () => Promise<Call[]>;
  /** Somebody else acts, or something breaks. */
  control: (operation: Record<string, unknown>) => Promise<void>;
  stop: () => Promise<void>;
};

// Lab minutes pass in seconds; the happy lab is torn down in about two.
const quick = { models: [{ name: "openstack", reap: "2m" }], machines: undefined as unknown };
const five = ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"];
/** The five machines, with what a test changes about some of them. */
export const machines = (changes: Record<string, Record<string, unknown>> = {}): Record<string, unknown>[] =>
  five.map((hostname) => ({
    hostname,
    model: "openstack",
    powerType: "ipmi",
    release: "1m",
    ...changes[hostname],
  }));

/** Starts the simulator as a user would, and waits until it serves. */
export const startLab = async (options: {
  directory: string;
  scenario?: Record<string, unknown>;
  speed?: number;
  args?: string[];
}): Promise<Lab> => {
  const { directory, speed = 60 } = options;
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "scenario.yaml");
  writeFileSync(file, stringify({ ...quick, machines: machines(), ...options.scenario }));
  const simulator = execa(
    process.execPath,
    [
      join(projectRoot, "packages/simulator/main.ts"),
      "--json",
      "--scenario",
      file,
      "--speed",
      String(speed),
      "--dir",
      directory,
      "--parent-pid",
      String(process.pid),
      ...(options.args ?? []),
    ],
    { reject: false, stdin: "ignore" },
  );
  const first = await Promise.race([
    simulator.iterable()[Symbol.asyncIterator]().next(),
    simulator.then(({ stderr }) => {
      throw new Error(`the simulated lab did not start: ${stderr}`);
    }),
  ]);
  const { url, maasUrl, env, apiKey } = JSON.parse(String(first.value)) as {
    url: string;
    maasUrl: string;
    env: Record<string, string>;
    apiKey: string;
  };
  const ask = async (path: string, body?: unknown) => {
    const answer = await fetch(
      `${url}/simulator/${path}`,
      body === undefined
        ? {}
        : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } },
    );
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  return {
    url,
    maasUrl,
    env,
    apiKey,
    state: () => ask("state"),
    calls: () => ask("calls"),
    control: (operation) => ask("control", operation),
    stop: async () => {
      simulator.kill("SIGTERM");
      await simulator;
    },
  };
};
