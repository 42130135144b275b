import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { projectRoot, toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { tryLock } from "../../packages/toolchain/lock.ts";
import { ToolchainError } from "../../packages/toolchain/tools.ts";

/** The stack that belongs to the simulated lab; its file is written anew with each lab and never committed. */
export const stack = "simulated";

/** A simulated lab in a process of its own. */
export type SimulatedLab = {
  env: Record<string, string>;
  directory: string;
  stop: () => Promise<void>;
  ended: Promise<unknown>;
};

const stackFile = join(projectRoot, `Pulumi.${stack}.yaml`);

/** One lab minute passes in a second, so the runbook's 10 minutes are 10 seconds. */
export const speed = 60;

const settings = () => ({
  host: hostname(),
  user: userInfo().username,
  jujuModel: "openstack",
  maasProfile: "admin",
  simulated: true,
  machines: ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"],
  stuckAfter: `${600 / speed}s`,
});

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Empties the directory of an earlier lab, unless that one still runs.
 *
 * @returns gives the directory back
 */
const takeDirectory = (directory: string): (() => void) => {
  const lock = join(directory, "lock");
  const holder = tryLock(lock);
  if (holder)
    throw new ToolchainError(
      `A simulated lab runs in ${relative(process.cwd(), directory)} already, as process ${holder.pid}. ` +
        `End it first: Ctrl-C in its terminal, or \`kill ${holder.pid}\`.`,
    );
  for (const name of readdirSync(directory))
    if (name !== "lock") rmSync(join(directory, name), { recursive: true, force: true });
  return () => rmSync(lock, { force: true });
};

/**
 * Starts a simulated lab and makes a stack for it: own home, own state, nothing adopted. An earlier lab in the same
 * directory is forgotten.
 *
 * @param scenario of the simulator; without it, all is well
 * @throws ToolchainError when a lab runs in that directory
 */
export const startSimulatedLab = async (
  directory: string,
  scenario?: Record<string, unknown>,
  args: string[] = [],
): Promise<SimulatedLab> => {
  const giveBack = takeDirectory(directory);
  const state = join(directory, "state");
  mkdirSync(state, { recursive: true });
  const file = join(directory, "scenario.yaml");
  if (scenario) writeFileSync(file, stringify(scenario));
  const simulator = execa(
    process.execPath,
    [
      join(projectRoot, "packages/simulator/main.ts"),
      "--json",
      ...["--speed", String(speed), "--dir", directory, "--parent-pid", String(process.pid)],
      ...(scenario ? ["--scenario", file] : []),
      ...args,
    ],
    { stdin: "ignore", stderr: "inherit", reject: false },
  );
  const { value } = await simulator.iterable()[Symbol.asyncIterator]().next();
  if (!value) throw new Error("the simulated lab did not start");
  const lab = JSON.parse(String(value)) as { env: Record<string, string> };
  const { env: tools, pulumi } = await toolchainEnvironment();
  const env = {
    ...tools,
    ...lab.env,
    PATH: `${join(directory, "bin")}:${tools.PATH}`,
    PULUMI_BACKEND_URL: `file://${state}`,
    // It protects nothing here, since nothing here is secret.
    PULUMI_CONFIG_PASSPHRASE: "simulated",
    PULUMI_STACK: stack,
  };
  rmSync(stackFile, { force: true });
  await execa(pulumi, ["stack", "init", stack, "--no-select", "--non-interactive"], {
    cwd: projectRoot,
    env: { ...env, PULUMI_STACK: "" },
  });
  const salt = existsSync(stackFile)
    ? /^encryptionsalt:.*$/m.exec(readFileSync(stackFile, "utf8"))?.[0]
    : undefined;
  const config = Object.fromEntries(
    Object.entries(settings()).map(([key, each]) => [`openstack-lab:${key}`, each]),
  );
  writeFileSync(stackFile, `${salt ? `${salt}\n` : ""}${stringify({ config })}`);
  writeFileSync(
    join(directory, "env.sh"),
    Object.entries(env)
      .map(([name, text]) => `export ${name}=${quoted(text)}\n`)
      .join(""),
  );
  return {
    env,
    directory,
    ended: simulator,
    stop: async () => {
      simulator.kill("SIGTERM");
      await simulator;
      giveBack();
    },
  };
};
