import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { captureFiles } from "../../teardown/run/captured.ts";
import type { Stack } from "../e2e/stack.ts";
import { goesOn, juju, stopsUntouched } from "./answers.ts";
import { start } from "./interrupted.ts";
import { clear, on } from "./lab.ts";
import { rows } from "./rows.ts";
import {
  destructive,
  failed,
  finishes,
  journal,
  releases,
  says,
  tornDown,
  until,
  untouched,
} from "./witness.ts";

const withoutJuju = (stack: Stack) => rmSync(join(stack.directory, "lab", "bin", "juju"));
rows(import.meta.url, "faults", "Juju", [
  stopsUntouched(
    "`juju models`: rc 1 with `{}`",
    juju("models", "rc1-empty", { times: 9 }),
    /`juju models [^`]*` failed \(exit code 1\)/,
    true,
  ),
  stopsUntouched(
    "`juju models`: rc 0, and a model is left out",
    juju("models", "rc0-lies", { times: 9 }),
    /cannot be seen for sure/,
  ),
  stopsUntouched(
    "`juju models`: output that ends in the middle",
    juju("models", "garbage", { times: 9 }),
    /juju models [^\n]*/,
  ),
  stopsUntouched(
    "`juju models`: silent until juju gives up",
    juju("models", "silent", { times: 9 }),
    /unable to connect to API/,
  ),
  stopsUntouched(
    "`juju models`: the login is refused",
    juju("models", "unauthorized", { times: 9 }),
    /invalid entity name or password/,
  ),
  stopsUntouched(
    "`juju export-bundle`: rc 1 without a word",
    juju("export-bundle", "rc1-empty", { times: 9 }),
    /no verified capture[^\n]*/,
  ),
  stopsUntouched(
    "`juju export-bundle`: output that ends in the middle",
    juju("export-bundle", "garbage", { times: 9 }),
    /no verified capture/,
  ),
  stopsUntouched(
    "`juju status`: output that ends in the middle",
    juju("status", "garbage", { times: 9 }),
    /no verified capture/,
  ),
  {
    situation: "there is no juju client",
    expected: "stops untouched; with it, the next destroy finishes",
    run: on({}, async (stack) => {
      const path = stack.env.PATH ?? "";
      // Only what the engine and Node need: a real juju on this machine must not be found either.
      stack.env.PATH = path
        .split(":")
        .filter((folder) => !folder.endsWith("/lab/bin") && !/^\/(snap|usr\/local)\/bin$/.test(folder))
        .join(":");
      const said = says(failed(await stack.destroy()), /There is no juju client to run/);
      untouched(stack);
      stack.env.PATH = path;
      return `${said}; nothing touched; then: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the juju client goes away after the capture",
    expected: "stops and is resumable",
    run: on({}, async (stack) => {
      const running = stack.start("destroy", "--yes", "--skip-preview", "--parallel", "1");
      await until("it is captured", () => existsSync(join(stack.runs().at(-1) ?? "", captureFiles.sums)));
      withoutJuju(stack);
      const outcome = failed(await running.ended);
      writeFileSync(
        join(stack.directory, "lab", "bin", "juju"),
        `#!/bin/sh\nexec node '${join(import.meta.dirname, "../../packages/simulator/bin/juju")}' "$@"\n`,
        { mode: 0o755 },
      );
      const said = says(outcome, /There is no juju client to run/);
      return `${said}; then: ${await finishes(stack)}`;
    }),
  },
  goesOn(
    "`juju destroy-model`: rc 0, and nothing was destroyed",
    "not believed: looks, and calls it again",
    {
      scenario: { faults: [juju("destroy-model", "rc0-lies")] },
    },
    (stack) => {
      const calls = destructive(stack).filter(({ what }) => what.includes("destroy-model")).length;
      expect(calls).to.be.at.least(2);
      return "called again";
    },
  ),
  goesOn("`juju destroy-model`: rc 0, the connection was lost", "not believed: checks directly", {
    scenario: {
      models: [{ name: "openstack", reap: "5m" }],
      faults: [juju("destroy-model", "poll-drops", { after: 0 })],
    },
  }),
  goesOn("`juju destroy-model`: rc 0, a poll failed", "not believed: checks directly", {
    scenario: {
      models: [{ name: "openstack", reap: "5m" }],
      faults: [juju("destroy-model", "poll-error", { after: 0 })],
    },
  }),
  goesOn("`juju destroy-model`: rc 1 with nothing", "calls it again", {
    scenario: { faults: [juju("destroy-model", "rc1-empty")] },
  }),
  goesOn(
    "`juju destroy-model`: silent for ever while the model goes away",
    "its time limit ends it; checks directly",
    {
      scenario: { faults: [juju("destroy-model", "goes-silent", { after: 0 })] },
      config: { stuckAfter: "6s" },
    },
  ),
  {
    situation: "`juju destroy-model`: the login is refused",
    expected: "no machine is released; the next destroy finishes",
    run: on(
      { scenario: { faults: [juju("destroy-model", "unauthorized", { times: 9 })] } },
      async (stack) => {
        const refused = failed(await stack.destroy());
        const said = says(refused, /invalid entity name or password/);
        expect(releases(stack).size).to.equal(0);
        await clear(stack);
        return `${said}; no machine released; then: ${await finishes(stack)}`;
      },
    ),
  },
  {
    situation: "the controller is away for 30 s while the model goes away",
    expected: "waited for, and the row says since when; one destroy is enough",
    run: on(
      { speed: 30, scenario: { models: [{ name: "openstack", reap: "20m" }] }, config: { stuckAfter: "1h" } },
      async (stack) => {
        const running = start(stack);
        await until("the model is dying", () =>
          journal(stack).some((each) => each.event === "model-state" && each.state === "dying"),
        );
        await stack.lab.control({ op: "juju-away", for: "15m" });
        const ended = await running.ended;
        expect(ended.code, ended.output).to.equal(0);
        const rowSays = /Juju does not answer since (?=\d\d:\d\d:\d\dZ: .*; waiting)/;
        return `${says(ended, rowSays)} <time>; ${await tornDown(stack)}`;
      },
    ),
  },
  {
    situation: "the login expires while the model goes away",
    expected: "no outage: stops at once with the command; the next destroy finishes",
    run: on({ speed: 30, scenario: { models: [{ name: "openstack", reap: "10m" }] } }, async (stack) => {
      const running = start(stack);
      await until("the model is dying", () =>
        journal(stack).some((each) => each.event === "model-state" && each.state === "dying"),
      );
      await stack.lab.control({ op: "add-fault", fault: juju("*", "login-expired") });
      const outcome = failed(await running.ended);
      const said = says(outcome, /the login to the controller maas-lab has expired/);
      says(outcome, /juju login -c maas-lab/);
      await clear(stack);
      return `${said}; juju login -c maas-lab; then: ${await finishes(stack)}`;
    }),
  },
]);
