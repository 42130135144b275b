import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Outcome, Stack } from "../e2e/stack.ts";

/** Who is killed: the engine; the provider; or the very process that is at this step (the capture has one of its own). */
export type Victim = "engine" | "provider" | "self";
/** Or nobody is killed, and the disk becomes full: `filler` is the file that fills it. */
type Filling = { who: "disk"; filler: string };

/** A moment of a destroy, and who is killed then. */
export type Strike = ({ who: Victim } | Filling) & { nth: number } & (
    | {
        at: "journal";
        event: string;
        match?: string;
        /** What the name of the file begins with that the event is written to. */
        file?: string;
        when: "before" | "after" | "torn";
      }
    /** A release is on its way to MAAS. */
    | { at: "post" }
    /** A juju process runs since `delay` ms. */
    | { at: "juju"; command: string; delay: number }
  );

/** Has every process of the next destroys load the hook. The returned function ends that, and tells whether it struck. */
export const plan = (stack: Stack, strike: Strike): (() => boolean) => {
  const marker = join(stack.directory, "struck");
  const hook = fileURLToPath(new URL("crash-hook.ts", import.meta.url));
  Object.assign(stack.env, {
    NODE_OPTIONS: `--import=${hook}`,
    TRUST_STRIKE: JSON.stringify(strike),
    TRUST_STRUCK: marker,
  });
  return () => {
    for (const name of ["NODE_OPTIONS", "TRUST_STRIKE", "TRUST_STRUCK"]) delete stack.env[name];
    return existsSync(marker);
  };
};

/** A destroy that is struck; fails when it never comes to that point. */
export const struckDestroy = async (stack: Stack, strike: Strike): Promise<Outcome> => {
  const struck = plan(stack, strike);
  const outcome = await stack.destroy();
  expect(struck(), `never came to this point:\n${outcome.output}`).to.equal(true);
  return outcome;
};
