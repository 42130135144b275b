import { RunError } from "@pulumi/pulumi/errors.js";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { ourKeys, parseSettings, type Settings } from "../teardown/config/settings.ts";

/**
 * The lab's settings in a Pulumi program, from the stack's configuration.
 *
 * @throws RunError with every problem, which Pulumi prints as it is
 */
export const labSettings = (): Settings => {
  try {
    return parseSettings(ourKeys(allConfig()));
  } catch (error) {
    throw new RunError((error as Error).message);
  }
};
