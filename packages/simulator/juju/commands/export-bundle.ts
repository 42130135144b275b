import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Bundle, exportBundle } from "../bundle.ts";
import { fail, usageError } from "../failure.ts";
import { atMost, flags } from "../flags.ts";
import { openModel } from "../open-model.ts";
import { isJuju4 } from "../state.ts";
import type { Command } from "./command.ts";

/** What is left of a bundle when only some of its applications are. */
const onlyWith = (bundle: Bundle, names: readonly string[]): Bundle => ({
  ...bundle,
  applications: Object.fromEntries(
    Object.entries(bundle.applications).filter(([name]) => names.includes(name)),
  ),
  relations: bundle.relations.filter((pair) =>
    pair.every((endpoint) => names.includes(endpoint.split(":")[0] ?? "")),
  ),
});

/** Why nothing is exported from a controller of 4.0; the text of a 3.6 client was seen only in part. */
const notCompatible = (client: string): string => {
  const reason = isJuju4(client)
    ? "Juju 4.0 doesn't support exporting bundles"
    : 'unknown facade type "Bundle"';
  return `\njuju client not compatible with server: ${reason} (not implemented)\nre-install your juju client to match the version running on the controller`;
};

/** `juju export-bundle`: with `--filename` the file has mode 0600, because option values are secrets. */
export const exportBundleCommand: Command = {
  flags: flags(["include-charm-defaults", "include-series"], ["m=model", "model", "filename"]),
  run: async (session, parsed) => {
    // The series went with 4.0.
    if (parsed.on.has("include-series") && isJuju4(session.simulation.state.scenario.client))
      fail("option provided but not defined: --include-series", usageError);
    atMost(0, parsed.rest);
    const { model } = await openModel(session, parsed.values.get("model"));
    const { client, version } = session.simulation.state.scenario;
    if (isJuju4(version)) fail(notCompatible(client));
    if (model.applications.length === 0) fail("nothing to export as there are no applications");
    const constraints = Object.fromEntries(
      model.deployed.map((machine) => [machine.id, machine.constraints]),
    );
    const text = exportBundle(
      onlyWith(model.bundle, model.applications),
      constraints,
      parsed.on.has("include-series"),
    );
    const file = parsed.values.get("filename");
    if (file === undefined) {
      session.stdout(text);
    } else {
      writeFileSync(resolve(session.env.PWD ?? ".", file), text, { mode: 0o600 });
      session.stdout(`Bundle successfully exported to ${file}\n`);
    }
    return 0;
  },
};
