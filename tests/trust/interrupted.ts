import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import { adoptedStack, type Stack } from "../e2e/stack.ts";
import { plan } from "./strike.ts";
import { cancel, journal, providers, runs, until } from "./witness.ts";

export type Lab = Parameters<typeof adoptedStack>[0];
export const slow: Lab = {
  speed: 30,
  scenario: {
    models: [{ name: "openstack", reap: "4m" }],
    machines: machines({ "capi-mgmt": { release: "3m" } }),
  },
};

export const on = (lab: Lab, act: (stack: Stack) => Promise<string>) => async (): Promise<string> => {
  const stack = await adoptedStack(lab);
  try {
    return await act(stack);
  } finally {
    await stack.end();
  }
};

export const count = (stack: Stack, event: string): number =>
  journal(stack).filter((each) => each.event === event).length;
export const start = (stack: Stack, ...args: string[]) =>
  stack.start("destroy", "--yes", "--skip-preview", ...args);
export const begun = (stack: Stack) =>
  until("the teardown has begun", () => count(stack, "release-called") > 0);
export const set = (stack: Stack, hostname: string, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "set-machine", hostname, fields });

/** Kills the engine once the model is dying, and clears what it left behind in Pulumi. */
export const halfway = async (stack: Stack): Promise<void> => {
  const struck = plan(stack, {
    who: "engine",
    nth: 1,
    at: "journal",
    event: "model-state",
    match: '"dying"',
    when: "after",
  });
  const { output } = await stack.destroy();
  expect(struck(), output).to.equal(true);
  await cancel(stack);
  await until("the orphan is gone", () => providers(stack).every((pid) => !runs(pid)));
};
