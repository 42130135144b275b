import {
  CustomResource,
  type CustomResourceOptions,
  getProject,
  getStack,
  type Inputs,
} from "@pulumi/pulumi";

// Pulumi keeps a dynamic provider's code in the state and runs it from there, for ever as it was at `up`. So what is kept
// is only this line, which loads today's code from the project, or from the package when the lab is part of another program.
const stub = (component: string) =>
  `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("openstack-lab/late-bound")("${component}")`;

const kebab = (type: string) => type.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();

/**
 * A dynamic resource whose provider is loaded at run time from `components/<kebab-type>.ts`.
 *
 * This is what `pulumi.dynamic.Resource` makes, without serialising a closure: that would load the TypeScript compiler at
 * each start, and could capture what must not be captured.
 */
export class LateBound extends CustomResource {
  constructor(type: string, name: string, inputs: Inputs, options: CustomResourceOptions) {
    super(
      `pulumi-nodejs:dynamic/lab:${type}`,
      name,
      // The engine does not tell a provider the URN of what it deletes, and a row is addressed by it.
      {
        ...inputs,
        row: `urn:pulumi:${getStack()}::${getProject()}::lab:index:Lab$pulumi-nodejs:dynamic/lab:${type}::${name}`,
        __provider: stub(kebab(type)),
      },
      options,
    );
  }
}
