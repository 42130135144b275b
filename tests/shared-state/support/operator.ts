import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { projectRoot } from "../../../packages/toolchain/environment.ts";
import type { Lab } from "../../e2e/lab.ts";
import { type Cli, pulumiCli } from "./cli.ts";

/** Somebody with a checkout and a home of their own. */
export type Operator = Cli & {
  project: string;
  home: string;
  /** Where their run directories are unless the configuration says otherwise. */
  backups: string;
};

/** What of the checkout belongs to the machine, or to a stack. */
const own = (name: string) => name.startsWith(".") || /^Pulumi\..*\.yaml$/.test(name);

const checkout = (project: string) => {
  mkdirSync(project, { recursive: true });
  const program = "index.ts";
  // A module's place is where the link leads to: the program must be in the operator's own folder.
  copyFileSync(join(projectRoot, program), join(project, program));
  for (const name of readdirSync(projectRoot))
    if (!own(name) && name !== program) symlinkSync(join(projectRoot, name), join(project, name));
};

/** An operator of a lab: logged in to its MAAS and Juju, with the stack's file if a colleague wrote it. */
export const makeOperator = async (options: {
  folder: string;
  /** The folder of the lab. */
  labFolder: string;
  lab: Lab;
  stack: string;
  backend: Record<string, string>;
  colleague?: Operator;
}): Promise<Operator> => {
  const { folder, labFolder, lab, stack, backend, colleague } = options;
  const project = join(folder, "checkout");
  const home = join(folder, "home");
  checkout(project);
  const original = lab.env.HOME ?? "";
  cpSync(original, home, { recursive: true });
  const inHome = Object.fromEntries(
    Object.entries(lab.env).map(([name, value]) => [
      name,
      name === "PATH" ? value : value.replace(original, home),
    ]),
  );
  const cli = await pulumiCli({
    folder: project,
    stack,
    bin: join(labFolder, "bin"),
    env: { ...inHome, ...backend },
  });
  const file = `Pulumi.${stack}.yaml`;
  if (colleague) copyFileSync(join(colleague.project, file), join(project, file));
  return { ...cli, project, home, backups: join(home, "backups") };
};

/** Makes the stack, and writes its file: what the configuration adds to that of the five machines. */
export const makeStack = async (
  operator: Operator,
  stack: string,
  config: Record<string, unknown> = {},
): Promise<void> => {
  const { code, output } = await operator.run("stack", "init", stack, "--no-select");
  if (code !== 0) throw new Error(output);
  const values = {
    host: hostname(),
    user: userInfo().username,
    jujuModel: "openstack",
    maasProfile: "admin",
    simulated: true,
    machines: ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"],
    ...config,
  };
  const ours = Object.entries(values).map(([key, value]) => [`openstack-lab:${key}`, value]);
  const file = join(operator.project, `Pulumi.${stack}.yaml`);
  const salt = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(file, `${salt}${stringify({ config: Object.fromEntries(ours) })}`);
};

/** The run directories below a backup root, oldest first. */
export const runsIn = (root: string): string[] =>
  existsSync(root)
    ? readdirSync(root)
        .sort()
        .map((name) => join(root, name))
    : [];

/** What a run's journal says, line by line. */
export const journalOf = (run: string): { event: string; [key: string]: unknown }[] => {
  const file = join(run, "journal.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
};
