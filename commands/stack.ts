import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type StateResource, stackConfig, stackResources } from "../teardown/clients/pulumi.ts";
import { namespace, ourKeys, parseSettings, type Settings } from "../teardown/config/settings.ts";
import { whyNoConfig } from "../teardown/config/stack-settings.ts";
import { TeardownError } from "../teardown/errors.ts";
import { type LabRecord, storedRecord } from "../teardown/record.ts";
import type { PulumiCli } from "./pulumi-cli.ts";

/** What a destroy of a stack would go by now. */
export type StackNow = {
  project: string;
  stack: string;
  /** Why a destroy would be refused, where they cannot be had. */
  settings: Settings | TeardownError;
  resources: StateResource[];
  /** Undefined when nothing was adopted, or all of it is destroyed. */
  record: LabRecord | undefined;
};

/** These keep the whole lab's record; the exit criteria are the last to go. */
const keepers = ["ExitCriteria", "Preflight", "JujuModel"];

const recordIn = (resources: StateResource[]): LabRecord | undefined =>
  keepers
    .flatMap((keeper) => resources.filter(({ type }) => type === `pulumi-nodejs:dynamic/lab:${keeper}`))
    .flatMap(({ outputs }) => storedRecord.safeParse(outputs.record ?? outputs.lab).data ?? [])[0];

/** The project's name, in the nearest Pulumi.yaml. @throws TeardownError `config` */
const projectName = (folder: string): string => {
  const file = join(folder, "Pulumi.yaml");
  if (!existsSync(file) && dirname(folder) !== folder) return projectName(dirname(folder));
  try {
    return z.object({ name: z.string() }).parse(parse(readFileSync(file, "utf8"))).name;
  } catch {
    throw new TeardownError(
      "config",
      "there is no Pulumi.yaml with a name here or above\nStart it in the project's folder.",
    );
  }
};

/**
 * Reads a stack as a destroy of it would: its settings now, and what is in its state.
 *
 * @param given the stack; undefined means the selected one
 * @throws TeardownError `config` when there is no such stack, or Pulumi does not answer
 */
export const readStack = async (
  cli: PulumiCli,
  given: string | undefined,
  signal?: AbortSignal,
): Promise<StackNow> => {
  const answer = await stackConfig({ engine: cli.on(given), namespace, signal });
  if (answer.kind !== "ok" && answer.kind !== "cannot-decrypt") {
    throw new TeardownError(
      "config",
      `${whyNoConfig(answer)}\nNothing was touched. The stacks that there are: pulumi stack ls`,
    );
  }
  const { stack } = answer;
  const resources = await stackResources({ engine: cli.on(stack), stack, signal });
  if (!resources)
    throw new TeardownError(
      "config",
      `the state of the stack ${stack} could not be read\nLook: pulumi stack export --stack ${stack}`,
    );
  const settings = (): StackNow["settings"] => {
    try {
      if (answer.kind === "cannot-decrypt") return new TeardownError("config", whyNoConfig(answer));
      return parseSettings(ourKeys(answer.values), { secretKeys: answer.secretKeys });
    } catch (error) {
      if (error instanceof TeardownError) return error;
      throw error;
    }
  };
  return {
    project: resources[0]?.urn.split("::")[1] ?? projectName(process.cwd()),
    stack,
    settings: settings(),
    resources,
    record: recordIn(resources),
  };
};
