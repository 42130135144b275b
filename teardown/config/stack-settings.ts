import { engineProcess } from "../clients/engine-process.ts";
import { type StackConfig, stackConfig } from "../clients/pulumi.ts";
import { TeardownError } from "../errors.ts";
import { namespace, ourKeys, parseSettings, type Settings } from "./settings.ts";

const indented = (text: string): string => text.replaceAll(/^/gm, "  ");

/** Why there are no settings, for the operator. */
export const whyNoConfig = (answer: Exclude<StackConfig, { kind: "ok" }>): string => {
  const retry = "then: pulumi destroy";
  switch (answer.kind) {
    case "no-engine":
      return "the pulumi process above this one could not be seen, so nobody can be asked for the stack's configuration\nUse a system that shows its processes (/proc, or ps)";
    case "no-binary":
      return `the CLI that runs this (${answer.program}) could not be run, so nobody can be asked for the stack's configuration\nType it by its absolute path`;
    case "relative-config-file":
      return `--config-file ${answer.configFile} is relative, and the folder it was typed in could not be seen\nGive its absolute path`;
    case "cannot-decrypt":
      return `${answer.keys.join(", ")} could not be decrypted:\n${indented(answer.said)}\nexport PULUMI_CONFIG_PASSPHRASE=... (or PULUMI_CONFIG_PASSPHRASE_FILE=...)   # ${retry}`;
    case "failed":
      return `pulumi ${answer.call === "stack" ? "stack --show-name" : "config --json"} failed (${answer.code ?? "killed"}):\n${indented(answer.said)}`;
    case "timeout":
      return `pulumi config did not answer within ${answer.limit / 1000} s\nWhen the backend answers again, ${retry}`;
    case "aborted":
      return "stopped before the stack's configuration was read";
  }
};

/**
 * Today's settings of a stack: what `pulumi config` shows for it, by the very CLI that runs this process, and nothing of the last `up`.
 *
 * @param stack the stack that the record, or the program, belongs to
 * @throws TeardownError `config` when they cannot be had, `refused` when the CLI works on another stack
 */
export const stackSettings = async (stack: string, signal?: AbortSignal): Promise<Settings> => {
  const answer = await stackConfig({ engine: engineProcess(), namespace, signal });
  if (answer.kind !== "ok") {
    throw new TeardownError(
      answer.kind === "aborted" ? "interrupted" : "config",
      `the stack's configuration could not be read; nothing was touched\n${whyNoConfig(answer)}`,
    );
  }
  if (answer.stack !== stack) {
    throw new TeardownError(
      "refused",
      `this is the stack ${answer.stack}, and its resources were adopted in the stack ${stack}; nothing was touched\nTo adopt the lab in this stack: pulumi up   # then: pulumi preview`,
    );
  }
  return parseSettings(ourKeys(answer.values), { secretKeys: answer.secretKeys });
};
