import { local } from "@pulumi/command";
import { getProject, getStack, type Output, output, type Resource } from "@pulumi/pulumi";
import type { Settings } from "../teardown/config/settings.ts";
import type { LabRecord } from "../teardown/record.ts";
import { captureFiles } from "../teardown/run/captured.ts";
import { oneLine } from "../teardown/text/table.ts";

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const script = (settings: Settings, record: LabRecord | undefined): string => {
  // In a comment a text is harmless as long as it stays on its line.
  const model = oneLine(
    record?.model ? `${record.model.controller}:${record.model.name}` : settings.jujuModel,
  );
  const controller = oneLine(record?.model?.controller ?? settings.jujuController);
  return `# into ${oneLine(settings.backupRoot)}/${settings.backupLabel}-<UTC>/, verified before anything is destroyed:
# juju export-bundle -m ${model} > ${captureFiles.bundle}
#   (Juju 4.0 has none: composed of juju status, config, constraints, show-application, offers and storage)
# juju status -m ${model} --format=yaml > ${captureFiles.status}
# juju models -c ${controller} --format=yaml > ${captureFiles.models}
exec node -e 'require("node:module").createRequire(process.cwd()+"/")("openstack-lab/late")("capture").run()' ${quoted(getProject())} ${quoted(getStack())}`;
};

/**
 * The capture, as a command that a reader of the preview understands: the three reads and where they go. The work itself
 * (verification, limits, resuming) is today's code, which the last line starts.
 */
export class Backup extends local.Command {
  constructor(
    name: string,
    inputs: { settings: Settings; record: Output<LabRecord | undefined> },
    options: { parent: Resource; dependsOn: Resource[] },
  ) {
    super(
      name,
      {
        delete: output(inputs.record).apply((record) => script(inputs.settings, record)),
        addPreviousOutputInEnv: false,
      },
      options,
    );
  }
}
