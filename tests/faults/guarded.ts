import { expect } from "chai";
import type { Stack } from "../e2e/stack.ts";
import { type Lab, on } from "./lab.ts";
import type { Row } from "./rows.ts";
import { failed, finishes, permitting, says, untouched } from "./witness.ts";

export const ours = async (stack: Stack): Promise<string> =>
  (await stack.lab.state()).juju.models.find(({ name }) => name === "admin/openstack")?.uuid ?? "";
export const types = async (stack: Stack, ...args: string[]): Promise<void> => {
  const { code, output } = await stack.pulumi(...args);
  expect(code, output).to.equal(0);
};
export const ups = async (stack: Stack): Promise<void> => {
  const { code, output } = await stack.up();
  expect(code, output).to.equal(0);
};

export type Guarded = {
  situation: string;
  expected: string;
  lab?: Lab;
  make: (stack: Stack) => Promise<unknown>;
  /** What the message must say, each of them. */
  says: RegExp[];
  /** What it says to type, or what somebody does about it. */
  mend?: (stack: Stack) => Promise<unknown>;
  mended: string;
  /** The permission that the message says how to give; the destroy that must finish is given it. */
  permission?: string;
  quick?: boolean;
};

/** A destroy that a guard must refuse, what the message says to do, and a destroy that must finish. */
export const guarded = ({
  situation,
  expected,
  lab = {},
  make,
  says: patterns,
  mend,
  mended,
  permission,
  quick,
}: Guarded): Row => ({
  situation,
  expected,
  ...(quick && { quick }),
  run: on(lab, async (stack) => {
    await make(stack);
    const refused = failed(await stack.destroy());
    const said = patterns.map((pattern) => says(refused, pattern));
    const kept = untouched(stack);
    await mend?.(stack);
    const args = permission ? permitting(refused, permission) : [];
    return `${said.join("; ")}; ${kept}; ${mended}: ${await finishes(stack, ...args)}`;
  }),
});
