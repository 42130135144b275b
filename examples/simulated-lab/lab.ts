/** `make lab`: a simulated lab in the foreground, with all that a second terminal needs. */
import { join, relative } from "node:path";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { endWithMessage } from "../../packages/toolchain/tools.ts";
import { speed, startSimulatedLab } from "./simulated-stack.ts";

const directory = join(projectRoot, ".lab");
const args = process.argv.slice(2);
const lab = await startSimulatedLab(directory, undefined, args).catch(endWithMessage);
process.stdout.write(
  `A simulated MAAS and Juju are running; a minute of theirs passes in ${60 / speed} s. Ctrl-C ends them.
In a second terminal, in this folder:

  . ${relative(process.cwd(), join(directory, "env.sh"))}
  pulumi up          # adopts the lab: it only looks
  pulumi preview     # what a destroy affects
  pulumi destroy     # the teardown

juju and maas are there too, as a player's: juju status; maas admin machines read hostname=openstack0
Every call is logged in ${relative(process.cwd(), join(directory, "calls.jsonl"))}; run directories are in ${relative(process.cwd(), join(directory, "home/backups"))}
`,
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void lab.stop());
await lab.ended;
