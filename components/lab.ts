import * as pulumi from "@pulumi/pulumi";
import { adoption, todaysFindings } from "../teardown/adopt.ts";
import type { Settings } from "../teardown/config/settings.ts";
import { judge } from "../teardown/guards/guards.ts";
import {
  type AffectedMachine,
  type AffectedModel,
  type Preview,
  previewOf,
  previewTable,
} from "../teardown/preview.ts";
import { realContext } from "../teardown/real-context.ts";
import { survey } from "../teardown/survey.ts";
import { Backup } from "./backup.ts";
import { ExitCriteria } from "./exit-criteria.ts";
import { JujuModel } from "./juju-model.ts";
import { JujuReaping } from "./juju-reaping.ts";
import { MaasMachine } from "./maas-machine.ts";
import { Preflight } from "./preflight.ts";

/** What a destroy of today's lab would affect: the same survey and the same guards as the destroy's own. */
const look = async (settings: Settings): Promise<Preview> => {
  const context = realContext(settings, new AbortController().signal);
  const seen = await survey(context, { contents: true });
  const adopted = adoption(seen, settings, undefined);
  const { record } = adopted;
  return previewOf(seen, record, todaysFindings(adopted, judge(seen, record, settings, context.host)));
};

/**
 * An OpenStack lab on MAAS and Juju, whose destruction is its teardown: what is created first is deleted last. Its outputs and the
 * preview's table come from one look at the lab.
 *
 * @example
 * const lab = new Lab("lab", labSettings());
 * export const affected = lab.affected;
 */
export class Lab extends pulumi.ComponentResource {
  /** What a destroy affects, one entry a machine. */
  readonly affected: pulumi.Output<AffectedMachine[]>;
  /** The model that a destroy affects. */
  readonly model: pulumi.Output<AffectedModel | "gone">;

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
      void seen.then((preview) => {
        const isRefused = preview.findings.some(({ verdict }) => verdict === "refused");
        const text = `\n${previewTable(preview, settings)}`;
        return isRefused ? pulumi.log.warn(text, this) : pulumi.log.info(text, this);
      });
    }
    this.affected = pulumi.output(seen.then(({ machines }) => machines));
    this.model = pulumi.output(seen.then(({ model }) => model ?? ("gone" as const)));
    this.registerOutputs();
  }
}
