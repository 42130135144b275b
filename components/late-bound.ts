import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Inputs } from "@pulumi/pulumi";
import { CustomResource, type CustomResourceOptions, createUrn } from "@pulumi/pulumi/resource.js";
import { parentsOf } from "./row.ts";

/** The type token of one of our resources. */
export const tokenOf = (type: string): string => `pulumi-nodejs:dynamic/lab:${type}`;

const inProject = "components/late-bound.cjs";

const isProjectAt = (folder: string): boolean => {
  const file = join(folder, inProject);
  return existsSync(file) && realpathSync(file) === realpathSync(join(import.meta.dirname, "late-bound.cjs"));
};
let project: boolean | undefined;
/** Whether this is the project that Pulumi runs, and not a package of another one. Every resource asks. */
const isProject = (): boolean => (project ??= isProjectAt(process.cwd()));

// Pulumi keeps a dynamic provider's code in the state, twice for each resource, and runs it from there, for ever as it was at
// `up`. So what is kept is only this line, which loads today's code: from the project, where the SDK's `require` begins, or
// from the package when the lab is part of another program. `components/package.json` says which file `./components` is.
const stub = (component: string) =>
  isProject()
    ? `exports.handler=()=>require('./components')('${component}')`
    : `exports.handler=()=>require('module').createRequire(process.cwd()+'/')('openstack-lab/state')('${component}')`;

const kebab = (type: string) => type.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase();

/** The types of a resource's parents, when they are not the usual ones: the lab may be part of somebody's component. */
const parents = (
  type: string,
  name: string,
  { parent }: CustomResourceOptions,
): Promise<string | undefined> =>
  // A promise, because an Output brings its resource along: a child that depends on its parent waits for its own siblings.
  new Promise((resolve) => {
    createUrn(name, type, parent).apply((urn) => resolve(parentsOf(urn)));
  });

/**
 * A dynamic resource whose provider is loaded at run time from `components/<kebab-type>.ts`.
 *
 * This is what `pulumi.dynamic.Resource` makes, without serialising a closure: that would load the TypeScript compiler at
 * each start, and could capture what must not be captured.
 */
export class LateBound extends CustomResource {
  constructor(type: string, name: string, inputs: Inputs, options: CustomResourceOptions) {
    const token = tokenOf(type);
    // Pulumi would keep with each resource the stack trace of its making, which is always the same one, inside of Lab: a quarter
    // of a machine's state, all of which is written twice for each machine.
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = () => "";
    try {
      super(
        token,
        name,
        { ...inputs, parents: parents(token, name, options), __provider: stub(kebab(type)) },
        options,
      );
    } finally {
      Error.prepareStackTrace = prepareStackTrace;
    }
  }
}
