import { machines } from "../e2e/lab.ts";
import type { Stack } from "../e2e/stack.ts";
import type { Lab } from "./lab.ts";
import { struckDestroy } from "./strike.ts";
import { cancel, journal, providersGone, until } from "./witness.ts";

export const slow: Lab = {
  speed: 30,
  scenario: {
    models: [{ name: "openstack", reap: "4m" }],
    machines: machines({ "capi-mgmt": { release: "3m" } }),
  },
};

export const count = (stack: Stack, event: string): number =>
  journal(stack).filter((each) => each.event === event).length;
export const start = (stack: Stack, ...args: string[]) =>
  stack.start("destroy", "--yes", "--skip-preview", ...args);
export const begun = (stack: Stack) =>
  until("the teardown has begun", () => count(stack, "release-called") > 0);

/** Kills the engine once the model is dying, and clears what it left behind in Pulumi. */
export const halfway = async (stack: Stack): Promise<void> => {
  await struckDestroy(stack, {
    who: "engine",
    nth: 1,
    at: "journal",
    event: "model-state",
    match: '"dying"',
    when: "after",
  });
  await cancel(stack);
  await providersGone(stack);
};
