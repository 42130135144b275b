/** `make demo`: a real Pulumi engine adopts a simulated lab and destroys it; the model gets stuck, and one power-off fails. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { endWithMessage } from "../../packages/toolchain/tools.ts";
import { startSimulatedLab } from "./simulated-stack.ts";

// The model gets stuck until its machines are removed by force, and one power-off fails.
const scenario = {
  models: [{ name: "openstack", reap: "5m", stuck: "until-machines-removed" }],
  machines: ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"].map((hostname) => ({
    hostname,
    model: "openstack",
    powerType: "ipmi",
    release: "3m",
    ...(hostname === "openstack2" && { faults: [{ answer: "power-fails-500", times: 1 }] }),
  })),
};

const directory = join(projectRoot, ".lab");
const say = (text: string) => process.stdout.write(`\n\u001b[1m${text}\u001b[0m\n`);

say(
  "A simulated lab: MAAS with five machines, Juju with the model openstack. A minute of theirs passes in a second.",
);
const lab = await startSimulatedLab(directory, scenario).catch(endWithMessage);
const { pulumi } = await toolchainEnvironment();

const run = async (why: string, ...args: string[]): Promise<void> => {
  say(`$ pulumi ${args.map((arg) => (/[^\w./=-]/.test(arg) ? `'${arg}'` : arg)).join(" ")}     # ${why}`);
  const { exitCode } = await execa(pulumi, args, {
    cwd: projectRoot,
    env: lab.env,
    stdio: "inherit",
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`pulumi ${args[0]} ended with exit code ${exitCode}`);
};

try {
  await run(
    "adopts the lab: it only looks",
    "up",
    "--yes",
    "--skip-preview",
    "--suppress-outputs",
    "-m",
    "adopt the lab",
  );
  await run("what a destroy affects", "preview", "--suppress-outputs");
  await run(
    "the teardown; the model gets stuck and one power-off fails",
    ...["destroy", "--yes", "--skip-preview", "--suppress-outputs", "-m", "Caracal rebuild"],
  );
  await run("the audit trail", "stack", "history");
  const backups = join(directory, "home", "backups");
  const [directoryName = ""] = readdirSync(backups).sort().reverse();
  say(`The run directory, ${relative(projectRoot, join(backups, directoryName))}:`);
  for (const name of readdirSync(join(backups, directoryName)).sort()) process.stdout.write(`  ${name}\n`);
  say("All of it was simulated. To play with it yourself: make lab");
} catch (error) {
  process.stderr.write(`\ndemo: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await lab.stop();
}
