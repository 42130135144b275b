import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ourKeys, parseSettings, type Settings } from "../../teardown/config/settings.ts";
import { TeardownError } from "../../teardown/errors.ts";
import { type LabRecord, storedRecord } from "../../teardown/record.ts";
import { type Pulumi, printed } from "./pulumi-cli.ts";

const configValues = z.record(
  z.string(),
  z.object({
    value: z.string().optional(),
    objectValue: z.unknown().optional(),
    secret: z.boolean().optional(),
  }),
);

/** Reads what a Pulumi command printed as JSON. @throws TeardownError `config` when it is of another shape */
export const parsedOutput = <Shape>(text: string, what: string, shape: z.ZodType<Shape>): Shape => {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).split("\n")[0] : "no JSON";
    throw new TeardownError(
      "config",
      `${what} printed something else than expected: ${why}\nNothing was touched.`,
    );
  }
};

/**
 * The settings that a destroy of the stack would have now, with the project's defaults. A secret is only asked for when it
 * is needed: that takes the stack's passphrase.
 *
 * @throws TeardownError `config`
 */
export const settingsOf = async (pulumi: Pulumi, stack: string): Promise<Settings> => {
  const values = parsedOutput(
    await printed(pulumi, ["config", "--json", "--stack", stack]),
    "pulumi config",
    configValues,
  );
  const plain = Object.fromEntries(
    Object.entries(values).flatMap(([key, { value, objectValue, secret }]) =>
      secret ? [] : [[key, objectValue ?? value]],
    ),
  );
  const key = "openstack-lab:maasApiKey";
  const needed = values[key]?.secret === true;
  const secret = needed
    ? { [key]: (await printed(pulumi, ["config", "get", key, "--stack", stack])).trim() }
    : {};
  return parseSettings(ourKeys({ ...plain, ...secret }));
};

const exported = z.object({
  deployment: z
    .object({
      resources: z
        .array(
          z.object({
            urn: z.string(),
            type: z.string(),
            outputs: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .optional(),
    })
    .nullish(),
});

/** These keep the whole lab's record; the exit criteria are the last to go. */
const keepers = ["ExitCriteria", "Preflight", "JujuModel"];

/** What the stack has on record. `lab` is undefined when nothing was adopted, or all of it is destroyed. */
export const recordedIn = async (
  pulumi: Pulumi,
  stack: string,
): Promise<{ project: string | undefined; lab: LabRecord | undefined }> => {
  const state = parsedOutput(
    await printed(pulumi, ["stack", "export", "--stack", stack]),
    "pulumi stack export",
    exported,
  );
  const resources = state.deployment?.resources ?? [];
  const labs = keepers.flatMap((keeper) =>
    resources
      .filter(({ type }) => type === `pulumi-nodejs:dynamic/lab:${keeper}`)
      .flatMap(({ outputs }) => storedRecord.safeParse(outputs?.record ?? outputs?.lab).data ?? []),
  );
  return { project: resources[0]?.urn.split("::")[1], lab: labs[0] };
};

/** The project's name in its Pulumi.yaml. @throws TeardownError `config` */
export const projectName = (folder: string): string => {
  try {
    const { name } = z
      .object({ name: z.string() })
      .parse(parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")));
    return name;
  } catch {
    throw new TeardownError(
      "config",
      `${folder} holds no Pulumi.yaml with a name\nStart it in the project's folder.`,
    );
  }
};
