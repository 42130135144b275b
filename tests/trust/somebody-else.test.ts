import { rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import { adoptedStack, type Outcome, type Stack } from "../e2e/stack.ts";
import { rows } from "./rows.ts";
import { plan } from "./strike.ts";
import {
  cancel,
  destructive,
  failed,
  finishes,
  journal,
  providers,
  releasedOnce,
  releases,
  runs,
  says,
  tornDown,
  until,
  untouched,
} from "./witness.ts";

type Lab = Parameters<typeof adoptedStack>[0];
const slow: Lab = {
  speed: 30,
  scenario: {
    models: [{ name: "openstack", reap: "4m" }],
    machines: machines({ "capi-mgmt": { release: "3m" } }),
  },
};

const on = (lab: Lab, act: (stack: Stack) => Promise<string>) => async (): Promise<string> => {
  const stack = await adoptedStack(lab);
  try {
    return await act(stack);
  } finally {
    await stack.end();
  }
};

const count = (stack: Stack, event: string): number =>
  journal(stack).filter((each) => each.event === event).length;
const start = (stack: Stack, ...args: string[]) => stack.start("destroy", "--yes", "--skip-preview", ...args);
const begun = (stack: Stack) => until("the teardown has begun", () => count(stack, "release-called") > 0);
const set = (stack: Stack, hostname: string, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "set-machine", hostname, fields });

/** Kills the engine once the model is dying, and clears what it left behind in Pulumi. */
const halfway = async (stack: Stack): Promise<void> => {
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
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 1 }] } }),
        },
      },
      async (stack) => {
        const struck = plan(stack, {
          who: "engine",
          nth: 1,
          at: "journal",
          event: "release-answered",
          match: '"power-failed"',
          when: "after",
        });
        const { output } = await stack.destroy();
        expect(struck(), output).to.equal(true);
        await until("the orphan is gone", () => providers(stack).every((pid) => !runs(pid)));
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
      says(refused, /To go on without a bundle: pulumi destroy -c withoutBundle=true/);
      expect(destructive(stack)).to.have.length(before);
      const running = start(stack, "-c", "withoutBundle=true");
      await until("the destroy is allowed", () => count(stack, "captured") > 0);
      await stack.lab.control({ op: "remove-model", name: "openstack" });
      const { code, output } = await running.ended;
      expect(code, output).to.equal(0);
      return `${said}; nothing more destroyed; with withoutBundle=true: ${await tornDown(stack)}`;
    }),
  },
  {
    situation: "lost when only one machine is left in the stack",
    expected: "stops, says what to set; goes on with it",
    run: on(
      {
        scenario: {
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
        const end = await finishes(stack, "-c", "withoutBundle=true");
        return `${said}; with withoutBundle=true: ${end}`;
      },
    ),
  },
]);

/** One delete at a time, so that somebody can act on a machine whose turn has not come. */
const meanwhile =
  (
    act: (stack: Stack, hostname: string) => Promise<void>,
    after: (stack: Stack, hostname: string, outcome: Outcome) => Promise<string>,
  ) =>
  (stack: Stack): Promise<string> =>
    (async () => {
      const running = start(stack, "--parallel", "1", "--continue-on-error");
      const called = () =>
        journal(stack).flatMap((event) => (event.event === "release-called" ? [event.hostname] : []));
      await until(
        "the first is destroyed",
        () => called().length > 0 || count(stack, "destroy-model-called") > 0,
      );
      const all = ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"];
      const [victim = ""] = all.filter((hostname) => !called().includes(hostname)).slice(-1);
      await act(stack, victim);
      return await after(stack, victim, await running.ended);
    })();
const one: Lab = {
  speed: 30,
  scenario: {
    machines: machines(
      Object.fromEntries(
        ["openstack0", "openstack1", "openstack2", "openstack3", "capi-mgmt"].map((name) => [
          name,
          { release: "1m" },
        ]),
      ),
    ),
  },
};
const never = async (stack: Stack, hostname: string): Promise<string> => {
  const { machines } = await stack.lab.state();
  const id = machines.find((machine) => machine.hostname === hostname)?.systemId ?? "";
  expect(releases(stack).get(id) ?? 0).to.equal(0);
  return "it was not touched";
};
const free = { status: "Ready", owner: null, powerState: "off", agentName: "", ownerData: {} };
const theirs = { "juju-model-uuid": "11111111-2222-4333-8444-555555555555" };

rows(import.meta.url, "interruptions", "Somebody else acts between the guards and the release", [
  {
    situation: "a machine was released by somebody else",
    expected: "Ready is Ready: not released again",
    run: on(
      one,
      meanwhile(
        (stack, hostname) => set(stack, hostname, free),
        async (stack, hostname, { code, output }) => {
          expect(code, output).to.equal(0);
          return `${await never(stack, hostname)}; ${await tornDown(stack)}`;
        },
      ),
    ),
  },
  {
    situation: "a machine was deleted from MAAS",
    expected: "its row says so and how to accept it; the others go on",
    run: on(
      one,
      meanwhile(
        (stack, hostname) => stack.lab.control({ op: "remove-machine", hostname }),
        async (stack, hostname, outcome) => {
          failed(outcome);
          const said = says(outcome, /\(\w{6}\) is no longer in MAAS; expected: Ready/).replace(
            /\(\w{6}\) /,
            "",
          );
          stack.configure({ acceptDeleted: [hostname] });
          return `${said}; accepted: ${await finishes(stack)}`;
        },
      ),
    ),
  },
  {
    situation: "a machine was deployed again for another model",
    expected: "refused and not touched; the others go on",
    run: on(
      one,
      meanwhile(
        (stack, hostname) =>
          set(stack, hostname, { ownerData: theirs, agentName: theirs["juju-model-uuid"] }),
        async (stack, hostname, outcome) => {
          failed(outcome);
          const said = says(outcome, /belongs to another Juju model now: [0-9a-f-]{36}/);
          const kept = await never(stack, hostname);
          await set(stack, hostname, { ownerData: {}, agentName: "" });
          return `${said}; ${kept}; given back: ${await finishes(stack)}`;
        },
      ),
    ),
  },
  {
    situation: "a machine was given to somebody else",
    expected: "refused and not touched; the others go on",
    run: on(
      one,
      meanwhile(
        (stack, hostname) => set(stack, hostname, { owner: "somebody", ownerData: {}, agentName: "" }),
        async (stack, hostname, outcome) => {
          failed(outcome);
          const said = says(outcome, /is owned by somebody now/);
          const kept = await never(stack, hostname);
          await set(stack, hostname, { owner: "juju" });
          return `${said}; ${kept}; given back: ${await finishes(stack)}`;
        },
      ),
    ),
  },
  {
    situation: "a machine was locked",
    expected: "refused with the unlock command and not touched; the others go on",
    run: on(
      one,
      meanwhile(
        (stack, hostname) => set(stack, hostname, { locked: true }),
        async (stack, hostname, outcome) => {
          failed(outcome);
          const said = says(outcome, /maas admin machine unlock \w{6}/).replace(/\w{6}$/, "<system_id>");
          const kept = await never(stack, hostname);
          await set(stack, hostname, { locked: false });
          return `${said}; ${kept}; unlocked: ${await finishes(stack)}`;
        },
      ),
    ),
  },
  {
    situation: "the model went away",
    expected: "gone is gone; the machines are released",
    run: on(
      { ...one, scenario: { ...one?.scenario, models: [{ name: "openstack", reap: "5m" }] } },
      async (stack) => {
        const running = start(stack);
        await begun(stack);
        await stack.lab.control({ op: "remove-model", name: "openstack" });
        const { code, output } = await running.ended;
        expect(code, output).to.equal(0);
        return await tornDown(stack);
      },
    ),
  },
  {
    situation: "the model was made anew under the same name",
    expected: "ours is gone; the new one is never destroyed",
    run: on(
      { ...one, scenario: { ...one?.scenario, models: [{ name: "openstack", reap: "5m" }] } },
      async (stack) => {
        const running = start(stack);
        await begun(stack);
        await stack.lab.control({ op: "recreate-model", name: "openstack" });
        const { code, output } = await running.ended;
        expect(code, output).to.equal(0);
        const { juju } = await stack.lab.state();
        const fresh = juju.models.find(({ name }) => name === "admin/openstack");
        expect(fresh?.life).to.equal("alive");
        for (const { what } of destructive(stack)) expect(what).to.not.include(fresh?.uuid);
        return "the new model is alive, no call named it";
      },
    ),
  },
]);

// The host's own name is in a lock; a test that runs on a host called `elsewhere` would prove nothing.
expect(hostname()).to.not.equal("elsewhere");
