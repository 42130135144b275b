import { rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import { begun, count, slow, start } from "./interrupted.ts";
import { on, ownReleases, set } from "./lab.ts";
import { rows } from "./rows.ts";
import { struckDestroy } from "./strike.ts";
import {
  cancel,
  destructive,
  failed,
  finishes,
  providers,
  providersGone,
  releasedOnce,
  releases,
  runs,
  says,
  tornDown,
  until,
  untouched,
} from "./witness.ts";

rows(import.meta.url, "interruptions", "Two at once, and orphans", [
  {
    situation: "a second destroy while the first runs",
    expected: "refused by the lock, which says who holds it; the first finishes",
    run: on(slow, async (stack) => {
      const first = start(stack);
      await begun(stack);
      const second = failed(await stack.destroy());
      const said = says(second, /the stack is currently locked by 1 lock\(s\)/);
      says(second, /created by \w+@\S+ \(pid \d+\)/);
      const { code, output } = await first.ended;
      expect(code, output).to.equal(0);
      return `${said} ... created by <user>@<host> (pid N); first: ${await tornDown(stack)}; ${releasedOnce(stack)}`;
    }),
  },
  {
    situation: "`pulumi cancel` and a second destroy while the first still runs",
    expected: "the second waits for the first, and never acts beside it",
    run: on(slow, async (stack) => {
      const first = start(stack);
      await begun(stack);
      await cancel(stack);
      const before = destructive(stack).length;
      const second = await stack.destroy();
      await first.ended;
      expect(second.code, second.output).to.equal(0);
      expect(destructive(stack).length - before, "calls of the second").to.be.at.most(5);
      const { machines } = await stack.lab.state();
      expect(machines.every(({ status }) => status === "Ready")).to.equal(true);
      return `nothing destroyed twice; ${releasedOnce(stack)}; all Ready`;
    }),
  },
  {
    situation: "the engine is killed, and the next destroy begins while its provider still lives",
    expected: "the successor waits until the orphan is gone",
    quick: true,
    run: on(slow, async (stack) => {
      const first = start(stack);
      await begun(stack);
      const [orphan = 0] = providers(stack);
      first.kill("SIGKILL");
      await first.ended;
      let overlapped = false;
      let over = false;
      const watching = until("the destroys are over", () => {
        // Looked at in this order: an orphan that is gone now was perhaps not when the other began.
        const alive = runs(orphan);
        if (alive && count(stack, "destroy-started") > 1) overlapped = true;
        return over;
      });
      await cancel(stack);
      const end = await finishes(stack);
      over = true;
      await watching;
      expect(overlapped, "two providers at work").to.equal(false);
      return `no overlap; ${end}; ${releasedOnce(stack)}`;
    }),
  },
  {
    situation: "the engine is killed while a failed release is about to be tried again",
    expected: "the orphan does not try again; the next destroy does",
    run: on(
      {
        scenario: {
          ...ownReleases,
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 1 }] } }),
        },
      },
      async (stack) => {
        await struckDestroy(stack, {
          who: "engine",
          nth: 1,
          at: "journal",
          event: "release-answered",
          match: '"power-failed"',
          when: "after",
        });
        await providersGone(stack);
        const sent = Math.max(...releases(stack).values());
        expect(sent).to.equal(1);
        await cancel(stack);
        return `sent once by the orphan; next destroy: ${await finishes(stack)}`;
      },
    ),
  },
  {
    situation: "a lock that another host holds",
    expected: "refused, names the host and how to remove the lock",
    run: on({}, async (stack) => {
      await set(stack, "openstack0", { locked: true });
      failed(await stack.destroy());
      await set(stack, "openstack0", { locked: false });
      const [run = ""] = stack.runs();
      const lock = join(run, "lock");
      writeFileSync(
        lock,
        JSON.stringify({ pid: 1, started: "1", host: "elsewhere", since: "2026-01-01T00:00:00Z" }),
      );
      const refused = failed(await stack.destroy());
      const said = says(refused, /another destroy holds this run: process 1 on elsewhere/);
      says(refused, /When it surely no longer runs on elsewhere: rm '.*lock' && pulumi destroy/);
      untouched(stack);
      rmSync(lock);
      return `${said}; after rm: ${await finishes(stack)}`;
    }),
  },
]);

// The host's own name is in a lock; a test that runs on a host called `elsewhere` would prove nothing.
expect(hostname()).to.not.equal("elsewhere");
