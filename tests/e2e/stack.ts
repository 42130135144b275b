import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { projectRoot, toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import type { RunEvent } from "../../teardown/run/event.ts";
import { readJournal } from "../../teardown/run/journal.ts";
import { type Lab, startLab } from "./lab.ts";

/** What the display said, and how it ended. */
export type Outcome = { code: number; output: string; lines: string[] };

/** A CLI that runs: its process id, a way to disturb it, and its end. */
export type Running = { pid: number; kill: (signal: NodeJS.Signals) => void; ended: Promise<Outcome> };

/** A stack of this project on a simulated lab of its own: own home, own state, own project folder. */
export type Stack = {
  lab: Lab;
  directory: string;
  project: string;
  state: string;
  backups: string;
  env: Record<string, string>;
  /** Runs the CLI itself to its end. */
  pulumi: (...args: string[]) => Promise<Outcome>;
  /** Starts the CLI, for a test that disturbs it. */
  start: (...args: string[]) => Running;
  up: (...args: string[]) => Promise<Outcome>;
  destroy: (...args: string[]) => Promise<Outcome>;
  configure: (change: Record<string, unknown>) => void;
  /** Replaces the program. */
  program: (text: string) => void;
  /** URNs in the state. */
  resources: () => string[];
  stateText: () => string;
  /** Run directories, oldest first. */
  runs: () => string[];
  journal: (run?: number) => RunEvent[];
  end: () => Promise<void>;
};

const linked = [
  "commands",
  "components",
  "teardown",
  "packages",
  "node_modules",
  "package.json",
  "Pulumi.yaml",
  "tsconfig.json",
];
const stackName = "sim";

/** The programs' default configuration: five machines, seconds instead of minutes. */
const defaults = (): Record<string, unknown> => ({
  host: hostname(),
  user: userInfo().username,
  jujuModel: "openstack",
  maasProfile: "admin",
  simulated: true,
  machines: ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"],
});

const makeProject = (project: string) => {
  mkdirSync(project, { recursive: true });
  for (const name of linked)
    if (existsSync(join(projectRoot, name))) symlinkSync(join(projectRoot, name), join(project, name));
  writeFileSync(join(project, "index.ts"), readFileSync(join(projectRoot, "index.ts")));
};

const withNamespace = (values: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key.includes(":") ? key : `openstack-lab:${key}`, value]),
  );

/** Starts a lab and makes a stack for it. Nothing is adopted yet. */
export const makeStack = async (
  options: {
    scenario?: Record<string, unknown>;
    speed?: number;
    config?: Record<string, unknown>;
    args?: string[];
  } = {},
): Promise<Stack> => {
  const directory = mkdtempSync(join(tmpdir(), "lab-"));
  const project = join(directory, "project");
  const state = join(directory, "state");
  mkdirSync(state);
  const lab = await startLab({ directory: join(directory, "lab"), ...options });
  makeProject(project);
  const { env: tools, pulumi: cli } = await toolchainEnvironment();
  const env: Record<string, string> = {
    ...tools,
    ...lab.env,
    PATH: `${join(directory, "lab", "bin")}:${tools.PATH}`,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase for tests",
  };
  const file = join(project, `Pulumi.${stackName}.yaml`);
  const configure: Stack["configure"] = (change) => {
    const now = existsSync(file)
      ? (parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> })
      : {};
    const config = { ...now.config, ...withNamespace(change) };
    const kept = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
    writeFileSync(file, stringify({ ...now, config: kept }));
  };
  const start: Stack["start"] = (...args) => {
    const running = execa(cli, [...args, "--stack", stackName, "--non-interactive", "--color", "never"], {
      cwd: project,
      env,
      reject: false,
      all: true,
      stdin: "ignore",
    });
    const ended = running.then(({ exitCode, all }) => {
      const output = String(all ?? "");
      return { code: exitCode ?? -1, output, lines: output.split("\n") };
    });
    return { pid: running.pid ?? 0, kill: (signal) => running.kill(signal), ended };
  };
  const run: Stack["pulumi"] = (...args) => start(...args).ended;
  const backups = join(directory, "lab", "home", "backups");
  const runs = () =>
    existsSync(backups)
      ? readdirSync(backups)
          // One that a kill cut off in the making begins with a dot.
          .filter((name) => !name.startsWith("."))
          .sort()
          .map((name) => join(backups, name))
      : [];
  const stateFile = join(state, ".pulumi", "stacks", "openstack-lab", `${stackName}.json`);
  const stateText = () => readFileSync(stateFile, "utf8");

  configure({ ...defaults(), ...options.config });
  await execa(cli, ["stack", "init", stackName, "--no-select", "--non-interactive"], { cwd: project, env });
  return {
    lab,
    directory,
    project,
    state,
    backups,
    env,
    pulumi: run,
    start,
    up: (...args) => run("up", "--yes", "--skip-preview", ...args),
    destroy: (...args) => run("destroy", "--yes", "--skip-preview", ...args),
    configure,
    program: (text) => writeFileSync(join(project, "index.ts"), text),
    resources: () => {
      const { checkpoint } = JSON.parse(stateText()) as {
        checkpoint: { latest?: { resources?: { urn: string }[] } };
      };
      return (checkpoint.latest?.resources ?? [])
        .map(({ urn }) => urn)
        .filter((urn) => !/pulumi:(pulumi:Stack|providers)/.test(urn));
    },
    stateText,
    runs,
    // A test may look while the directory is being made, or a line is being written.
    journal: (at = -1) => readJournal(join(runs().at(at) ?? directory, "journal.jsonl")),
    end: async () => {
      await lab.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

let adoptedOnce: Promise<{ state: string; url: string }> | undefined;

/**
 * A stack that has adopted the happy five-machine lab. The first one is adopted by a real `up`; the others get a copy of its
 * state, in which only the simulated MAAS's address differs.
 */
export const adoptedStack = async (options: Parameters<typeof makeStack>[0] = {}): Promise<Stack> => {
  const own = await makeStack(options);
  adoptedOnce ??= (async () => {
    const first = await makeStack();
    const { code, output } = await first.up();
    if (code !== 0) throw new Error(`up failed:\n${output}`);
    const keep = mkdtempSync(join(tmpdir(), "lab-state-"));
    process.on("exit", () => rmSync(keep, { recursive: true, force: true }));
    cpSync(first.state, keep, { recursive: true });
    cpSync(join(first.project, `Pulumi.${stackName}.yaml`), join(keep, "stack.yaml"));
    await first.end();
    return { state: keep, url: first.lab.maasUrl };
  })();
  const { state, url } = await adoptedOnce;
  rmSync(own.state, { recursive: true });
  cpSync(state, own.state, { recursive: true });
  const file = join(own.state, ".pulumi", "stacks", "openstack-lab", `${stackName}.json`);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(url, own.lab.maasUrl));
  // The salt of the secrets belongs to the state.
  const { encryptionsalt } = parse(readFileSync(join(state, "stack.yaml"), "utf8")) as {
    encryptionsalt: string;
  };
  const settings = join(own.project, `Pulumi.${stackName}.yaml`);
  writeFileSync(
    settings,
    stringify({ ...(parse(readFileSync(settings, "utf8")) as object), encryptionsalt }),
  );
  return own;
};
