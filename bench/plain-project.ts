import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../packages/toolchain/environment.ts";
import { type TimedRun, timedCli } from "./timed-cli.ts";

/** A Pulumi project without a lab: what the engine itself costs. */
export type PlainProject = { run: (...args: string[]) => Promise<TimedRun>; stateText: () => string };

// As little as a dynamic resource can hold; its provider does nothing, at once.
const emptyResources = (count: number) => `
import { CustomResource } from "@pulumi/pulumi";
for (let at = 0; at < ${count}; at++)
  new CustomResource("pulumi-nodejs:dynamic/e:E", "e" + at, {
    __provider: 'exports.handler=()=>require(process.cwd()+"/e.cjs")',
  });
`;
const emptyProvider = `
let at = 0;
module.exports = { create: async () => ({ id: String(at++), outs: {} }), delete: async () => {} };
`;

/** Makes a project of so many empty dynamic resources, with a state of its own; 0 makes an empty program. */
export const plainProject = async (
  directory: string,
  resources: number,
  more: Record<string, string> = {},
): Promise<PlainProject> => {
  const state = join(directory, "state");
  mkdirSync(state, { recursive: true });
  const files = {
    "Pulumi.yaml":
      "name: plain\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.mjs\n",
    "package.json": '{ "name": "plain", "type": "module" }\n',
    "index.mjs": resources > 0 ? emptyResources(resources) : "export const nothing = true;\n",
    "e.cjs": emptyProvider,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  symlinkSync(join(projectRoot, "node_modules"), join(directory, "node_modules"));
  const { env: tools, pulumi: cli } = await toolchainEnvironment();
  const env: Record<string, string> = {
    ...tools,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase for benches",
    ...more,
  };
  await execa(cli, ["stack", "init", "plain", "--no-select", "--non-interactive"], { cwd: directory, env });
  return {
    stateText: () => readFileSync(join(state, ".pulumi/stacks/plain/plain.json"), "utf8"),
    run: async (...args) => {
      const run = await timedCli({
        cli,
        args: [...args, "--stack", "plain"],
        cwd: directory,
        env,
        directory,
      });
      if (run.code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.output.slice(-2_000)}`);
      return run;
    },
  };
};
