import { expect } from "chai";
import { adoptedStack } from "../e2e/stack.ts";
import { type Row, rows } from "./rows.ts";
import { plan, type Strike } from "./strike.ts";
import { cancel, capturedFirst, destructive, failed, finishes, releasedOnce, says } from "./witness.ts";

// The engine then writes its state only at the end: after a crash all resources are still in it, the released ones too.
const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

const killed = (situation: string, strike: Strike, left: number): Row => ({
  situation: `${situation}, with PULUMI_SKIP_CHECKPOINTS`,
  expected: "the state knows of nothing that was done; cancel, destroy: same end, nothing done twice",
  run: async () => {
    const stack = await adoptedStack({ speed: 120 });
    try {
      Object.assign(stack.env, withoutCheckpoints);
      const struck = plan(stack, strike);
      const { output } = await stack.destroy();
      expect(struck(), output).to.equal(true);
      expect(stack.resources()).to.have.length(left);
      await cancel(stack);
      const end = await finishes(stack);
      return `all ${left} resources in the state; ${end}; ${capturedFirst(stack)}; ${releasedOnce(stack)}`;
    } finally {
      await stack.end();
    }
  },
});

rows(import.meta.url, "interruptions", "The engine without its checkpoints", [
  killed(
    "the engine is killed when three machines are done",
    { who: "engine", nth: 3, at: "journal", event: "done", when: "after" },
    10,
  ),
  killed(
    "the engine is killed when the model is gone and all machines are Ready",
    { who: "engine", nth: 6, at: "journal", event: "done", when: "after" },
    10,
  ),
  {
    situation: "the engine is killed when the exit criteria are met, with PULUMI_SKIP_CHECKPOINTS",
    expected:
      "the run is closed, its capture stays; the next one has nothing to destroy and says how it ends",
    run: async () => {
      const stack = await adoptedStack({ speed: 120 });
      try {
        Object.assign(stack.env, withoutCheckpoints);
        const struck = plan(stack, {
          who: "engine",
          nth: 1,
          at: "journal",
          event: "run-closed",
          when: "after",
        });
        const { output } = await stack.destroy();
        expect(struck(), output).to.equal(true);
        const before = destructive(stack).length;
        await cancel(stack);
        const said = says(
          failed(await stack.destroy()),
          /the model \S+ is gone, and this run holds no capture of it/,
        );
        const end = await finishes(stack, "-c", "withoutBundle=true");
        expect(destructive(stack)).to.have.length(before);
        return `${said}; with withoutBundle=true: ${end}, no call destroyed anything`;
      } finally {
        await stack.end();
      }
    },
  },
]);
