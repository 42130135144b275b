import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";
import { begun, count, start } from "./interrupted.ts";
import { type Lab, on, ownReleases, set } from "./lab.ts";
import { rows } from "./rows.ts";
import {
  destructive,
  failed,
  finishes,
  journal,
  permitting,
  releasedOnce,
  releases,
  says,
  tornDown,
  until,
} from "./witness.ts";

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
        async (stack, _hostname, outcome) => {
          failed(outcome);
          const said = says(outcome, /\(\w{6}\) is no longer in MAAS; expected: Ready/).replace(
            /\(\w{6}\) /,
            "",
          );
          return `${said}; accepted: ${await finishes(stack, ...permitting(outcome, "acceptDeleted"))}`;
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
          await set(stack, hostname, free);
          return `${said}; ${kept}; released by them: ${await finishes(stack)}`;
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
          const unclaimed = failed(await stack.destroy());
          says(unclaimed, /is not known to be the model's/);
          expect(await never(stack, hostname)).to.equal(kept);
          return `${said}; ${kept}; given back, with releaseUnclaimed: ${await finishes(stack, ...permitting(unclaimed, "releaseUnclaimed"))}`;
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

const other = theirs["juju-model-uuid"];
const takers: { situation: string; fault: Record<string, unknown>; now: string }[] = [
  {
    situation: "the same user allocates a machine without Juju the moment it is Ready",
    fault: { answer: "taken" },
    now: "Allocated",
  },
  {
    situation: "the same user allocates a machine without Juju once a look has shown it Ready",
    fault: { answer: "taken", looks: 1 },
    now: "Allocated",
  },
  {
    situation: "another model gets a machine the moment it is Ready, without owner_data",
    fault: { answer: "taken", agentName: other, ownerData: {} },
    now: "Allocated",
  },
];
rows(
  import.meta.url,
  "interruptions",
  "Somebody else takes a machine that was released",
  takers.map(({ situation, fault, now }) => ({
    situation,
    expected: "left alone: it was Ready, and that is its criterion; one destroy is enough",
    run: on(
      { scenario: { ...ownReleases, machines: machines({ openstack1: { faults: [fault] } }) } },
      async (stack) => {
        const { code, output } = await stack.destroy();
        expect(code, output).to.equal(0);
        const { machines: all } = await stack.lab.state();
        expect(all.find(({ hostname }) => hostname === "openstack1")?.status).to.equal(now);
        expect(all.filter(({ status }) => status === "Ready")).to.have.length(4);
        expect(output).to.match(/met +machine openstack1 \w{6} +Ready once, somebody else's now/);
        return `${now} now, and left alone; 4 machines Ready; ${releasedOnce(stack)}`;
      },
    ),
  })),
);
