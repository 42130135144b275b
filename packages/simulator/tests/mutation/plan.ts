import type { Operator } from "./mutants.ts";

/** A part of the simulator: what is changed in it, and the suites that must notice. */
export type Part = {
  readonly name: string;
  readonly suites: readonly string[];
  /** File patterns below the project, and the operators for them. */
  readonly changes: readonly { readonly files: string; readonly operators: readonly Operator[] }[];
};

/** Tables and answers: what a client of the simulated lab relies on. */
export const parts: readonly Part[] = [
  {
    name: "maas",
    suites: ["packages/simulator/tests/maas/*.test.ts"],
    changes: [
      { files: "packages/simulator/maas/answers.ts", operators: ["text", "number", "truth"] },
      { files: "packages/simulator/maas/reply.ts", operators: ["text", "number", "truth"] },
      { files: "packages/simulator/maas/statuses.ts", operators: ["text", "number", "entry"] },
      { files: "packages/simulator/maas/flavour.ts", operators: ["text", "truth"] },
      { files: "packages/simulator/maas/release-options.ts", operators: ["text", "truth", "comparison"] },
      {
        files: "packages/simulator/maas/{release,erase,bulk-release,faults}.ts",
        operators: ["text", "number", "statement", "comparison"],
      },
      {
        files: "packages/simulator/maas/{machine-operations,single-release}.ts",
        operators: ["text", "number", "statement", "comparison"],
      },
      {
        files: "packages/simulator/maas/{machines,filters,users}.ts",
        operators: ["text", "truth", "comparison", "statement"],
      },
      {
        files: "packages/simulator/maas/{render,events}.ts",
        operators: ["text", "number", "truth", "key"],
      },
      { files: "packages/simulator/maas/oauth.ts", operators: ["text", "number", "statement", "comparison"] },
      { files: "packages/simulator/maas/routes.ts", operators: ["text"] },
      {
        files: "packages/simulator/maas/cli/{usage,main,call}.ts",
        operators: ["text", "number", "statement"],
      },
    ],
  },
  {
    name: "juju",
    suites: [
      "packages/simulator/tests/juju/replay.test.ts",
      "packages/simulator/tests/juju/client-answers.test.ts",
      "packages/simulator/tests/juju/controller-answers.test.ts",
      "packages/simulator/tests/juju/maas-provider.test.ts",
      "packages/simulator/tests/juju/client.test.ts",
      "packages/simulator/tests/juju/destruction.test.ts",
      "packages/simulator/tests/juju/contents.test.ts",
      "packages/simulator/tests/juju/users.test.ts",
      "packages/simulator/tests/juju/time.test.ts",
    ],
    changes: [
      { files: "packages/simulator/juju/commands/*.ts", operators: ["text", "number"] },
      {
        files: "packages/simulator/juju/{failure,wait-until-gone,resolve,session,local}.ts",
        operators: ["text", "number"],
      },
      {
        files: "packages/simulator/juju/{reap,show,show-status,provider}.ts",
        operators: ["text", "number", "comparison"],
      },
    ],
  },
];

/** Changes that no client can notice, by a piece of their line, and why. They are not tried. */
export const unnoticeable: readonly { file: string; was: string; near: string; because: string }[] = [
  {
    file: "packages/simulator/juju/reap.ts",
    was: '"dead"',
    near: "model.life = ",
    because: "the model is taken off the controller's list in the next line",
  },
  {
    file: "packages/simulator/juju/reap.ts",
    was: "0",
    near: "{ at: 0,",
    because: "a step that is applied at once is not asked when it is due",
  },
  {
    file: "packages/simulator/juju/reap.ts",
    was: '"tearing down"',
    near: "destruction.phase = ",
    because: "only the phases cleaning and suspended are asked for",
  },
  {
    file: "packages/simulator/juju/reap.ts",
    was: "0",
    near: "Math.max(0, wait)",
    because: "a lab millisecond more",
  },
  {
    file: "packages/simulator/juju/commands/whoami.ts",
    was: '"tabular"',
    near: "formatOf(",
    because: "whatever is neither YAML nor JSON is printed as a table",
  },
  ...["blocks", "contents", "controllers", "machines", "models", "status", "whoami"].map((command) => ({
    file: `packages/simulator/juju/commands/${command}.ts`,
    was: '"tabular"',
    near: "defaultFormat",
    because: "only the default formats YAML and JSON print {} on failure",
  })),
];
