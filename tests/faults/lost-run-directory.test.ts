import { rmSync } from "node:fs";
import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import type { Stack } from "../e2e/stack.ts";
import { count, halfway, start } from "./interrupted.ts";
import { on, ownReleases, set } from "./lab.ts";
import { rows } from "./rows.ts";
import { destructive, failed, finishes, permitting, says, tornDown, until } from "./witness.ts";

const gone = (stack: Stack): void => {
  for (const run of stack.runs()) rmSync(run, { recursive: true });
};
rows(import.meta.url, "interruptions", "The run directory is lost", [
  {
    situation: "lost before anything was destroyed: the model is alive",
    expected: "captured anew",
    run: on({}, async (stack) => {
      await set(stack, "openstack0", { locked: true });
      failed(await stack.destroy());
      gone(stack);
      await set(stack, "openstack0", { locked: false });
      const end = await finishes(stack);
      expect(count(stack, "captured")).to.be.at.least(1);
      return `captured anew; ${end}`;
    }),
  },
  {
    situation: "lost while the model is dying (or the destroy goes on on another host)",
    expected: "stops, says what to set; goes on with it",
    // It dies for as long as it takes to look at it, and goes away when the last destroy has begun.
    run: on({ scenario: { models: [{ name: "openstack", reap: "2h" }] } }, async (stack) => {
      await halfway(stack);
      gone(stack);
      const before = destructive(stack).length;
      const refused = failed(await stack.destroy());
      const said = says(refused, /the model \S+ is dying already, and this run holds no capture of it/);
      says(refused, /To go on without a bundle: pulumi destroy -c withoutBundle=[0-9a-f-]{36}/);
      expect(destructive(stack)).to.have.length(before);
      const running = start(stack, ...permitting(refused, "withoutBundle"));
      await until("the destroy is allowed", () => count(stack, "captured") > 0);
      await stack.lab.control({ op: "remove-model", name: "openstack" });
      const { code, output } = await running.ended;
      expect(code, output).to.equal(0);
      return `${said}; nothing more destroyed; with withoutBundle: ${await tornDown(stack)}`;
    }),
  },
  {
    situation: "lost when only one machine is left in the stack",
    expected: "stops, says what to set; goes on with it",
    run: on(
      {
        scenario: {
          ...ownReleases,
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 4 }] } }),
        },
      },
      async (stack) => {
        failed(await stack.destroy());
        gone(stack);
        const before = destructive(stack).length;
        const refused = failed(await stack.destroy());
        const said = says(refused, /the model \S+ is gone, and this run holds no capture of it/);
        expect(destructive(stack)).to.have.length(before);
        const end = await finishes(stack, ...permitting(refused, "withoutBundle"));
        return `${said}; with withoutBundle: ${end}`;
      },
    ),
  },
]);
