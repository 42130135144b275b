import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { engineProcess } from "./clients/engine-process.ts";
import { execProgram } from "./clients/exec.ts";
import type { Context } from "./context.ts";

const unknown = () => "unknown";

/** This project's version: beside the sources in a checkout, one folder further up in the package. */
const ourVersion = (): string => {
  const file = ["../package.json", "../../package.json"]
    .map((path) => new URL(path, import.meta.url))
    .find(existsSync);
  return file ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : unknown();
};

/** The version of the CLI that runs the engine above this process; the SDK's own may differ. */
const engineVersion = async (): Promise<string> => {
  const engine = engineProcess();
  if (!engine) return unknown();
  const { stdout } = await execProgram({
    binary: readlinkSync(`/proc/${engine.pid}/exe`),
    args: ["version"],
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    limit: 10_000,
    maxBytes: 10_000,
    signal: undefined,
  });
  return stdout.trim().replace(/^v/, "");
};

/** The versions that a journal records: of this project, Node, Pulumi, the juju client and MAAS. Never throws. */
export const versionsNow = async (context: Context): Promise<Record<string, string>> => {
  const [pulumi, juju, maas] = await Promise.all([
    engineVersion().catch(unknown),
    context.juju.version().catch(unknown),
    context
      .maas()
      .then((client) => client.version())
      .then(({ version }) => version, unknown),
  ]);
  return { "openstack-lab": ourVersion(), node: process.versions.node, pulumi, juju, maas };
};
