import { local } from "@pulumi/command";
import { type ComponentResource, getProject, getStack, interpolate, type Resource } from "@pulumi/pulumi";
import { captureFiles } from "../teardown/capture.ts";
import type { Settings } from "../teardown/config/settings.ts";
import { oneLine } from "../teardown/text/table.ts";
import type { JujuModel } from "./juju-model.ts";

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The capture, as a command that a reader of the preview understands: the three reads and where they go. The work itself
 * (verification, limits, resuming) is today's code, which the last line starts.
 */
export const backup = (
  name: string,
  settings: Settings,
  model: JujuModel,
  options: { parent: ComponentResource; dependsOn: Resource[] },
): local.Command => {
  // In a comment a text is harmless as long as it stays on its line.
  const address = model.lab.apply((lab) =>
    oneLine(lab?.model ? `${lab.model.controller}:${lab.model.name}` : settings.jujuModel),
  );
  const controller = model.lab.apply((lab) => oneLine(lab?.model?.controller ?? settings.jujuController));
  const uuid = model.lab.apply((lab) => quoted(lab?.model?.uuid ?? ""));
  return new local.Command(
    name,
    {
      delete: interpolate`# into ${oneLine(settings.backupRoot)}/${settings.backupLabel}-<UTC>/, verified before anything is destroyed:
# juju export-bundle -m ${address} > ${captureFiles.bundle}
# juju status -m ${address} --format=yaml > ${captureFiles.status}
# juju models -c ${controller} --format=yaml > ${captureFiles.models}
exec node -e 'require("module").createRequire(process.cwd()+"/")("openstack-lab/state")("capture-script").run()' ${quoted(getProject())} ${quoted(getStack())} ${uuid} ${quoted(settings.backupRoot)} ${quoted(settings.backupLabel)}`,
      addPreviousOutputInEnv: false,
    },
    options,
  );
};
