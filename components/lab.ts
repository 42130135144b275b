import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../teardown/config/settings.ts";
import { observeLab, type SeenLab, type SeenMachine, type SeenModel } from "../teardown/observe.ts";
import { previewTable } from "../teardown/preview-table.ts";
import { realContext } from "../teardown/world.ts";
import { Backup } from "./backup.ts";
import { ExitCriteria } from "./exit-criteria.ts";
import { JujuModel } from "./juju-model.ts";
import { JujuReaping } from "./juju-reaping.ts";
import { MaasMachine } from "./maas-machine.ts";
import { Preflight } from "./preflight.ts";

const look = async (settings: Settings): Promise<SeenLab> => {
  try {
    return await observeLab(realContext(settings, new AbortController().signal));
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
};

/**
 * An OpenStack lab on MAAS and Juju, whose destruction is its teardown. This is the order of it, and nothing else:
 * what is created first is deleted last.
 *
 * @example
 * const lab = new Lab("lab", labSettings());
 * export const affected = lab.affected;
 */
export class Lab extends pulumi.ComponentResource {
  /** What a destroy affects, one entry a machine. */
  readonly affected: pulumi.Output<SeenMachine[]>;
  /** The model that a destroy affects. */
  readonly model: pulumi.Output<SeenModel | "gone">;

  constructor(name: string, settings: Settings, options: pulumi.ComponentResourceOptions = {}) {
    super("lab:index:Lab", name, {}, { ...options, protect: settings.protect || (options.protect ?? false) });
    const { machines, jujuModel } = settings;

    const exit = new ExitCriteria("exit-criteria", { parent: this });
    const { record } = exit;
    const reaping = new JujuReaping("reaping", { record }, { parent: this, dependsOn: exit });
    const maasMachines = machines.map(
      (hostname) => new MaasMachine(hostname, { record }, { parent: this, dependsOn: exit }),
    );
    const model = new JujuModel(
      jujuModel,
      { record },
      { parent: this, dependsOn: [reaping, ...maasMachines] },
    );
    const backup = new Backup("backup", { settings, record }, { parent: this, dependsOn: [model] });
    new Preflight("preflight", { record }, { parent: this, dependsOn: [backup] });

    const seen = look(settings);
    if (pulumi.runtime.isDryRun()) {
      // Outputs that did not change are not shown in a preview; a message is.
      void seen.then(
        (lab) => pulumi.log.info(`\n${previewTable(lab, settings)}`, this),
        () => {},
      );
    }
    this.affected = pulumi.output(seen.then((lab) => lab.machines));
    this.model = pulumi.output(seen.then((lab) => lab.model ?? ("gone" as const)));
    this.registerOutputs();
  }
}
