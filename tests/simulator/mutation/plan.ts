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
    suites: ["tests/simulator/maas/*.test.ts"],
    changes: [
      { files: "simulator/maas/answers.ts", operators: ["text", "number", "truth"] },
      { files: "simulator/maas/reply.ts", operators: ["text", "number", "truth"] },
      { files: "simulator/maas/statuses.ts", operators: ["text", "number", "entry"] },
      { files: "simulator/maas/flavour.ts", operators: ["text", "truth"] },
      { files: "simulator/maas/release-options.ts", operators: ["text", "truth", "comparison"] },
      {
        files: "simulator/maas/{release,erase,bulk-release}.ts",
        operators: ["text", "number", "statement", "comparison"],
      },
      {
        files: "simulator/maas/{machine-operations,single-release}.ts",
        operators: ["text", "number", "statement", "comparison"],
      },
      {
        files: "simulator/maas/{access,machines,filters,users}.ts",
        operators: ["text", "truth", "comparison", "statement"],
      },
      { files: "simulator/maas/{render,event-query}.ts", operators: ["text", "number", "truth", "key"] },
      { files: "simulator/maas/oauth.ts", operators: ["text", "number", "statement", "comparison"] },
      { files: "simulator/maas/routes.ts", operators: ["text"] },
      { files: "simulator/maas/cli/{usage,main,call}.ts", operators: ["text", "number", "statement"] },
    ],
  },
  {
    name: "juju",
    suites: [
      "tests/simulator/juju/replay.test.ts",
      "tests/simulator/answers-of-juju.test.ts",
      "tests/simulator/juju/client.test.ts",
      "tests/simulator/juju/destruction.test.ts",
      "tests/simulator/juju/time.test.ts",
    ],
    changes: [
      { files: "simulator/juju/commands/*.ts", operators: ["text", "number"] },
      {
        files: "simulator/juju/{failure,wait-until-gone,resolve,session,local}.ts",
        operators: ["text", "number"],
      },
      {
        files: "simulator/juju/{reap,show,show-status,provider}.ts",
        operators: ["text", "number", "comparison"],
      },
    ],
  },
];
