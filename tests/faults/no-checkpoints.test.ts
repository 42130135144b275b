import { expect } from "chai";
import type { Stack } from "../e2e/stack.ts";
import { on } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { type Strike, struckDestroy } from "./strike.ts";
import {
  cancel,
  capturedFirst,
  destructive,
  failed,
  finishes,
  permitting,
  releasedOnce,
  says,
} from "./witness.ts";

// The engine then writes its state only at the end: after a crash all resources are still in it, the released ones too.
const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

/** A row's run: a destroy without checkpoints that is struck, what Pulumi asks for after it, and then this. */
const afterStrike = (strike: Strike, then: (stack: Stack) => Promise<string>) =>
  on({ speed: 120 }, async (stack) => {
    Object.assign(stack.env, withoutCheckpoints);
    await struckDestroy(stack, strike);
    await cancel(stack);
    return await then(stack);
  });

const killed = (situation: string, strike: Strike, left: number): Row => ({
  situation: `${situation}, with PULUMI_SKIP_CHECKPOINTS`,
  expected: "the state knows of nothing that was done; cancel, destroy: same end, nothing done twice",
  run: afterStrike(strike, async (stack) => {
    expect(stack.resources()).to.have.length(left);
    const end = await finishes(stack);
    return `all ${left} resources in the state; ${end}; ${capturedFirst(stack)}; ${releasedOnce(stack)}`;
  }),
});

rows(import.meta.url, "interruptions", "The engine without its checkpoints", [
  killed(
    "the engine is killed when three machines are done",
    { who: "engine", nth: 4, at: "journal", event: "done", when: "after" },
    11,
  ),
  killed(
    "the engine is killed when the model is gone and all machines are Ready",
    { who: "engine", nth: 7, at: "journal", event: "done", when: "after" },
    11,
  ),
  {
    situation: "the engine is killed when the exit criteria are met, with PULUMI_SKIP_CHECKPOINTS",
    expected:
      "the run is closed, its capture stays; the next one has nothing to destroy and says how it ends",
    run: afterStrike(
      { who: "engine", nth: 1, at: "journal", event: "run-closed", when: "after" },
      async (stack) => {
        const before = destructive(stack).length;
        const refused = failed(await stack.destroy());
        const said = says(refused, /the model \S+ is gone, and this run holds no capture of it/);
        const end = await finishes(stack, ...permitting(refused, "withoutBundle"));
        expect(destructive(stack)).to.have.length(before);
        return `${said}; with withoutBundle: ${end}, no call destroyed anything`;
      },
    ),
  },
]);
