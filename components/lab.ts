import type { Output } from "@pulumi/pulumi";
import { RunError } from "@pulumi/pulumi/errors.js";
import * as log from "@pulumi/pulumi/log/index.js";
import { output } from "@pulumi/pulumi/output.js";
import { ComponentResource, type ComponentResourceOptions } from "@pulumi/pulumi/resource.js";
import { isDryRun } from "@pulumi/pulumi/runtime/settings.js";
import type { Settings } from "../teardown/config/settings.ts";
import type { SeenLab, SeenMachine, SeenModel } from "../teardown/observe.ts";
import { ExitCriteria } from "./exit-criteria.ts";
import { JujuModel } from "./juju-model.ts";
import { MaasMachine } from "./maas-machine.ts";
import { Preflight } from "./preflight.ts";

/**
 * When the engine has heard of a resource's children. With the first of them it starts the provider, which takes half a second:
 * what else the program needs is loaded, and asked for, meanwhile. For the same reason nothing here comes from the SDK's index,
 * which loads the TypeScript compiler and npm's own libraries.
 */
const childrenTold = (parent: ComponentResource): Promise<void> =>
  new Promise((resolve) => {
    parent.urn.apply(() => setTimeout(resolve, 10));
  });

const look = async (settings: Settings): Promise<SeenLab> => {
  const [{ observeLab }, { realContext }] = await Promise.all([
    import("../teardown/observe.ts"),
    import("../teardown/world.ts"),
  ]);
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
    const told = childrenTold(this);
    const capture = told.then(async () => {
      const { backup } = await import("./backup.ts");
      return backup("backup", settings, model, { parent: this, dependsOn: [model, ...maasMachines] });
    });
    new Preflight("preflight", inputs, { parent: this, dependsOn: capture });

    const seen = told.then(() => look(settings));
    if (isDryRun()) {
      // Outputs that did not change are not shown in a preview; a message is.
      const table = async (): Promise<void> => {
        const { previewTable } = await import("../teardown/preview-table.ts");
        log.info(`\n${previewTable(await seen, settings)}`, this);
      };
      void table().catch(() => {});
    }
    this.affected = output(seen.then((lab) => lab.machines));
    this.model = output(seen.then((lab) => lab.model ?? ("gone" as const)));
    this.registerOutputs();
  }
}
