import { CustomResource, type CustomResourceOptions, createUrn, type Inputs } from "@pulumi/pulumi";

// Pulumi keeps a dynamic provider's code in the state and runs it from there, for ever as it was at `up`. So what is kept
// is only this line, which loads today's code from the project, or from the package when the lab is part of another program.
const stub = (component: string) =>
  `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("openstack-lab/late-bound")("${component}")`;

const kebab = (type: string) => type.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();

/** The URN that a resource will have, which holds the types of all its parents: the lab may be part of somebody's component. */
const urnOf = (type: string, name: string, { parent }: CustomResourceOptions): Promise<string> =>
  // A promise, because an Output brings its resource along: a child that depends on its parent waits for its own siblings.
  new Promise((resolve) => {
    createUrn(name, type, parent).apply(resolve);
  });

/**
 * A dynamic resource whose provider is loaded at run time from `components/<kebab-type>.ts`.
 *
 * This is what `pulumi.dynamic.Resource` makes, without serialising a closure: that would load the TypeScript compiler at
 * each start, and could capture what must not be captured.
 */
export class LateBound extends CustomResource {
  constructor(type: string, name: string, inputs: Inputs, options: CustomResourceOptions) {
    const token = `pulumi-nodejs:dynamic/lab:${type}`;
    super(
      token,
      name,
      // The engine does not tell a provider the URN of what it deletes, and a row is addressed by it.
      { ...inputs, row: urnOf(token, name, options), __provider: stub(kebab(type)) },
      options,
    );
  }
}
