import { adoptedStack, type Stack } from "../e2e/stack.ts";

/** What lab a row is about; nothing is the happy one. */
export type Lab = Parameters<typeof adoptedStack>[0];

/** Juju releases no machine itself, so that each release is ours, however slow this host is. */
export const ownReleases: { models: Record<string, unknown>[] } = {
  models: [{ name: "openstack", reap: "2m", releasesMachines: false }],
};
export const leftToUs: Lab = { scenario: ownReleases };

/** A row's run: acts on a stack that has adopted such a lab, and ends it. */
export const on = (lab: Lab, act: (stack: Stack) => Promise<string>) => async (): Promise<string> => {
  const stack = await adoptedStack(lab);
  try {
    return await act(stack);
  } finally {
    await stack.end();
  }
};

// What somebody else, or bad luck, does to a lab.
export const set = (stack: Stack, hostname: string, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "set-machine", hostname, fields });
export const fault = (stack: Stack, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "add-fault", fault: fields });
export const clear = (stack: Stack) => stack.lab.control({ op: "clear-faults" });

/** The URN in the stack that ends like this. */
export const urnOf = (stack: Stack, end: string): string =>
  stack.resources().find((urn) => urn.endsWith(end)) ?? `no URN ends with ${end}`;
