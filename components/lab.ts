import {
  ComponentResource,
  type ComponentResourceOptions,
  log,
  type Output,
  output,
  RunError,
  runtime,
} from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { observeLab, type SeenLab, type SeenMachine, type SeenModel } from "../teardown/observe.ts";
import { previewTable } from "../teardown/preview-table.ts";
import { realContext } from "../teardown/world.ts";
import { backup } from "./backup.ts";
import { ExitCriteria } from "./exit-criteria.ts";
import { JujuModel } from "./juju-model.ts";
import { MaasMachine } from "./maas-machine.ts";
import { Preflight } from "./preflight.ts";

const look = async (settings: Settings): Promise<SeenLab> => {
  const context = realContext(settings, new AbortController().signal);
  try {
    return await observeLab(context);
  } catch (error) {
    throw new RunError((error as Error).message);
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
export class Lab extends ComponentResource {
  /** What a destroy would hit, one entry a machine. */
  readonly affected: Output<SeenMachine[]>;
  /** The model that a destroy would hit. */
  readonly model: Output<SeenModel | "gone">;

  constructor(name: string, settings: Settings, options: ComponentResourceOptions = {}) {
    super("lab:index:Lab", name, {}, { ...options, protect: settings.protect || (options.protect ?? false) });
    const { machines, jujuModel } = settings;
    const inputs = { jujuModel };

    const exit = new ExitCriteria("exit-criteria", inputs, { parent: this });
    const model = new JujuModel(jujuModel, inputs, { parent: this, dependsOn: exit });
    const maasMachines = machines.map(
      (hostname) => new MaasMachine(hostname, { hostname }, { parent: this, dependsOn: exit }),
    );
    const capture = backup("backup", settings, model, { parent: this, dependsOn: [model, ...maasMachines] });
    new Preflight("preflight", inputs, { parent: this, dependsOn: capture });

    const seen = look(settings);
    if (runtime.isDryRun()) {
      // Outputs that did not change are not shown in a preview; a message is.
      void seen.then((lab) => log.info(`\n${previewTable(lab, settings)}`, this)).catch(() => {});
    }
    this.affected = output(seen.then((lab) => lab.machines));
    this.model = output(seen.then((lab) => lab.model ?? ("gone" as const)));
    this.registerOutputs();
  }
}
