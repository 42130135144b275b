import { expect } from "chai";
import type { Stack } from "../e2e/stack.ts";
import { clear, fault, type Lab, on } from "./lab.ts";
import type { Row } from "./rows.ts";
import { capturedFirst, failed, finishes, says, tornDown, untouched } from "./witness.ts";

/** An answer that stops a destroy before anything is touched; when it is over, the next one finishes. */
export const stopsUntouched = (
  situation: string,
  fields: Record<string, unknown>,
  pattern: RegExp,
  quick = false,
): Row => ({
  situation,
  expected: "stops untouched; when it is over, the next destroy finishes",
  quick,
  run: on({}, async (stack) => {
    await fault(stack, fields);
    const refused = failed(await stack.destroy());
    const said = says(refused, pattern);
    const kept = untouched(stack);
    await clear(stack);
    return `${said}; ${kept}; then: ${await finishes(stack)}`;
  }),
});

/** An answer that passes by itself: one destroy is enough. */
export const goesOn = (
  situation: string,
  expected: string,
  lab: Lab,
  also: (stack: Stack, output: string) => string = () => "",
  quick = false,
): Row => ({
  situation,
  expected,
  quick,
  run: on(lab, async (stack) => {
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    const more = also(stack, output);
    return [more, await tornDown(stack), capturedFirst(stack)].filter(Boolean).join("; ");
  }),
});

export const maas = (kind: string, more = {}) => ({ side: "maas", kind, ...more });
export const juju = (command: string, kind: string, more = {}) => ({ side: "juju", command, kind, ...more });
