import * as pulumi from "@pulumi/pulumi";
import type { LabRecord } from "../teardown/record.ts";

/**
 * The provider that Pulumi serialises into the state. It always runs as it was serialised at `up`, so it only loads today's code and
 * takes every other method from there. The SDK calls `configure` before anything else.
 */
const stub = (file: string): pulumi.dynamic.ResourceProvider => {
  const late: Pick<pulumi.dynamic.ResourceProvider, "configure"> = {
    async configure(request) {
      const life = require("node:module").createRequire(`${process.cwd()}/`)("openstack-lab/late")(file);
      Object.assign(this, life);
      await life.configure(request);
    },
  };
  return late as pulumi.dynamic.ResourceProvider;
};

/** The URN that a resource is going to have. A promise, since an output would make it depend on its parent, and so on its siblings. */
const urnOf = (type: string, name: string, parent: pulumi.Resource): Promise<string> =>
  new Promise((resolve) => {
    parent.urn.apply((urn) => {
      const [, inParent = "", own = ""] = /^(.*)::(?!.*::)(.*)$/.exec(urn) ?? [];
      resolve(own === "" ? "" : `${inParent}$pulumi-nodejs:dynamic/lab:${type}::${name}`);
    });
  });

/** Every resource of the lab is in the component, and holds the record that ExitCriteria makes. */
export type LabOptions = pulumi.CustomResourceOptions & { parent: pulumi.Resource };
export type LabInputs = { record: pulumi.Output<LabRecord | undefined> };

/** One of the lab's resources. Its life is in the file of its name, and is loaded at run time. */
export abstract class LabResource extends pulumi.dynamic.Resource {
  /**
   * @param type as stacks know it for ever: `lab:<type>`
   * @param file in this folder, without its ending; it exports `life`
   */
  constructor(type: string, file: string, name: string, inputs: pulumi.Inputs, options: LabOptions) {
    // The engine does not tell a provider the URN of what it deletes; messages on a resource's row are addressed by it.
    const row = urnOf(type, name, options.parent);
    super(stub(file), name, { ...inputs, row }, options, "lab", type);
  }
}
