import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { maasClient } from "../../clients/maas.ts";
import { machines } from "../e2e/lab.ts";
import { adoptedStack, makeStack, type Stack } from "../e2e/stack.ts";
import { type Row, rows } from "./rows.ts";
import {
  capturedFirst,
  destructive,
  failed,
  finishes,
  five,
  journal,
  releases,
  says,
  tornDown,
  untouched,
} from "./witness.ts";

type Lab = Parameters<typeof adoptedStack>[0];
const fault = (stack: Stack, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "add-fault", fault: fields });
const clear = (stack: Stack) => stack.lab.control({ op: "clear-faults" });

const on = async (lab: Lab, act: (stack: Stack) => Promise<string>): Promise<string> => {
  const stack = await adoptedStack(lab);
  try {
    return await act(stack);
  } finally {
    await stack.end();
  }
};

/** An answer that stops a destroy before anything is touched; when it is over, the next one finishes. */
const stopsUntouched = (
  situation: string,
  fields: Record<string, unknown>,
  pattern: RegExp,
  quick = false,
): Row => ({
  situation,
  expected: "stops untouched; when it is over, the next destroy finishes",
  quick,
  run: () =>
    on({}, async (stack) => {
      await fault(stack, fields);
      const refused = failed(await stack.destroy());
      const said = says(refused, pattern);
      const kept = untouched(stack);
      await clear(stack);
      return `${said}; ${kept}; then: ${await finishes(stack)}`;
    }),
});

/** An answer that passes by itself: one destroy is enough. */
const goesOn = (
  situation: string,
  expected: string,
  lab: Lab,
  also: (stack: Stack, output: string) => string = () => "",
  quick = false,
): Row => ({
  situation,
  expected,
  quick,
  run: () =>
    on(lab, async (stack) => {
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      const more = also(stack, output);
      return [more, await tornDown(stack), capturedFirst(stack)].filter(Boolean).join("; ");
    }),
});

const maas = (kind: string, more = {}) => ({ side: "maas", kind, ...more });
const juju = (command: string, kind: string, more = {}) => ({ side: "juju", command, kind, ...more });

rows(import.meta.url, "faults", "MAAS, while the guards look", [
  stopsUntouched("connections are refused", maas("refused"), /cannot be reached \(5 attempts\)/),
  stopsUntouched("connections are reset", maas("reset"), /cannot be reached \(5 attempts\)/),
  stopsUntouched("401", maas("401"), /answered 401: MAAS does not know this API key/, true),
  stopsUntouched("500", maas("500"), /answered 500 with .*, 5 times/),
  stopsUntouched("503", maas("503"), /answered 503 with .*, 5 times/),
  stopsUntouched("a page of HTML with status 200", maas("html"), /was asked for [^\n]*/),
  stopsUntouched("JSON that ends in the middle", maas("truncated"), /was asked for [^\n]*/),
  goesOn("503 three times, then well", "asks again and goes on", {
    scenario: { faults: [maas("503", { times: 3 })] },
  }),
  goesOn("each answer is 3 s late", "goes on", {
    speed: 60,
    scenario: { faults: [maas("slow", { delay: "3m", times: 4 })] },
  }),
  {
    situation: "the clock of this host is an hour behind (the client alone, on the simulated MAAS)",
    expected: "stops untouched, says that it is the clock",
    quick: true,
    run: async () => {
      const stack = await makeStack();
      try {
        const behind = () => Date.now() - 3_600_000;
        const client = maasClient({
          url: `${stack.lab.maasUrl}/MAAS`,
          apiKey: stack.lab.apiKey,
          now: behind,
        });
        const error = await client.whoami().then(
          () => new Error("it was accepted"),
          (thrown: Error) => thrown,
        );
        client.close();
        expect(error.message).to.match(/clock of this host is more than 5 minutes behind MAAS's clock/);
        expect(error.message).to.include("Set the clock (timedatectl), then run the command again.");
        return "the clock of this host is more than 5 minutes behind MAAS's clock";
      } finally {
        await stack.end();
      }
    },
  },
]);

// One destroy shows many: each machine's release meets another answer.
const answers: Record<string, { answer: string; words: string }> = {
  openstack0: { answer: "power-fails-500", words: "500: the power-off fails" },
  openstack1: { answer: "conflict-retry", words: "409 as HTML with Retry-After (MAAS is busy)" },
  openstack2: { answer: "gateway-504", words: "504 from a proxy, MAAS goes on" },
  openstack3: { answer: "reset", words: "the connection is reset, MAAS goes on" },
  "capi-mgmt": { answer: "no-rack-503", words: "503: no rack controller reaches the machine" },
};
const more: Record<string, { answer: string; words: string }> = {
  openstack0: { answer: "state-409", words: "409 about the machine's state" },
  openstack1: { answer: "no-connections-503", words: "503 with Retry-After" },
  openstack2: { answer: "hang", words: "no answer ever, MAAS goes on" },
  openstack3: {
    answer: "never-off",
    words: "200, but the power never goes off: Releasing failed after 5 minutes",
  },
};
type Faulty = Record<string, { answer: string; words: string }>;
const once = (faulty: Faulty) => {
  let made: Promise<Map<string, string>> | undefined;
  return (hostname: string): Promise<string> => {
    made ??= on(
      {
        scenario: {
          machines: machines(
            Object.fromEntries(
              Object.entries(faulty).map(([name, { answer }]) => [name, { faults: [{ answer, times: 1 }] }]),
            ),
          ),
        },
      },
      async (stack) => {
        let first = await stack.destroy();
        const stopped = new Set(stack.resources().map((urn) => urn.split("::").at(-1)));
        if (first.code !== 0) first = await stack.destroy();
        expect(first.code, first.output).to.equal(0);
        await tornDown(stack);
        const { machines: all } = await stack.lab.state();
        return JSON.stringify(
          Object.keys(faulty).map((name) => {
            const id = all.find((machine) => machine.hostname === name)?.systemId ?? "";
            const sent = releases(stack).get(id) ?? 0;
            return [
              name,
              `${stopped.has(name) ? "stopped, resumed by the next destroy; " : ""}sent ${sent} ${sent === 1 ? "time" : "times"}; Ready`,
            ];
          }),
        );
      },
    ).then((text) => new Map(JSON.parse(text) as [string, string][]));
    return made.then((seen) => seen.get(hostname) ?? "nothing");
  };
};
const each = (faulty: Faulty): Row[] => {
  const seen = once(faulty);
  return Object.entries(faulty).map(([hostname, { words }]) => ({
    situation: words,
    expected: "Ready in the end: asked again only when MAAS is not at it",
    run: async () => {
      const text = await seen(hostname);
      expect(text).to.match(/Ready$/);
      return text;
    },
  }));
};

rows(import.meta.url, "faults", "MAAS, what it answers to a release", [
  ...each(answers),
  ...each(more),
  {
    situation: "200, and the machine is gone when it is released",
    expected: "stops and says how to accept it; the next destroy finishes",
    run: () =>
      on(
        { scenario: { machines: machines({ openstack1: { faults: [{ answer: "vanishes" }] } }) } },
        async (stack) => {
          const said = says(failed(await stack.destroy()), /is no longer in MAAS; expected: Ready/);
          stack.configure({ acceptDeleted: ["openstack1"] });
          return `${said}; with acceptDeleted: ${await finishes(stack)}`;
        },
      ),
  },
  {
    situation: "200, but the machine has no passed commissioning: New",
    expected: "stops and says what to type; the next destroy finishes",
    run: () =>
      on({ scenario: { machines: machines({ openstack1: { commissioned: false } }) } }, async (stack) => {
        const refused = failed(await stack.destroy());
        const said = says(refused, /It was released, but MAAS has no passed commissioning of it/);
        says(refused, /maas admin machine commission \w{6}/);
        await stack.lab.control({ op: "set-machine", hostname: "openstack1", fields: { status: "Ready" } });
        return `${said}; commissioned: ${await finishes(stack)}`;
      }),
  },
  {
    situation: "the disks are erased, and one erasure fails",
    expected: "released again, without stopping the others",
    run: () =>
      on(
        {
          config: { erase: "disk" },
          scenario: {
            machines: machines(
              Object.fromEntries(
                five.map((name) => [
                  name,
                  { erase: "1m", ...(name === "openstack1" && { faults: [{ answer: "erase-fails" }] }) },
                ]),
              ),
            ),
          },
        },
        async (stack) => {
          const { code, output } = await stack.destroy();
          const again = code === 0 ? "in one destroy" : "in the next destroy";
          if (code !== 0) await finishes(stack);
          expect(output).to.include("Failed disk erasing");
          return `Failed disk erasing, then Ready ${again}; ${await tornDown(stack)}`;
        },
      ),
  },
]);

const during = (kind: string, words: string): Row =>
  goesOn(`${words} for a while, while machines are released`, "waits and goes on", {
    scenario: {
      models: [{ name: "openstack", reap: "5m" }],
      machines: machines(Object.fromEntries(five.map((name) => [name, { release: "3m" }]))),
      faults: [maas(kind, { from: "release+20s", for: "2m" })],
    },
  });
rows(import.meta.url, "faults", "MAAS, while machines are waited for", [
  during("refused", "connections are refused"),
  during("reset", "connections are reset"),
  during("500", "500"),
  during("503", "503"),
  during("html", "a page of HTML"),
  during("truncated", "JSON that ends in the middle"),
  {
    situation: "401 while machines are waited for (the key was deleted)",
    expected: "stops and is resumable",
    run: () =>
      on(
        {
          scenario: {
            machines: machines(Object.fromEntries(five.map((name) => [name, { release: "3m" }]))),
            faults: [maas("401", { from: "release+20s" })],
          },
        },
        async (stack) => {
          const said = says(
            failed(await stack.destroy()),
            /answered 401: MAAS does not know this API key[^\n]*/,
          );
          await clear(stack);
          return `${said}; with the key: ${await finishes(stack)}`;
        },
      ),
  },
]);

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
    run: () =>
      on({}, async (stack) => {
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
    run: () =>
      on({}, async (stack) => {
        const running = stack.start("destroy", "--yes", "--skip-preview", "--parallel", "1");
        const { until } = await import("./witness.ts");
        await until("it is captured", () => journal(stack).some(({ event }) => event === "captured"));
        withoutJuju(stack);
        const outcome = failed(await running.ended);
        writeFileSync(
          join(stack.directory, "lab", "bin", "juju"),
          `#!/bin/sh\nexec node '${join(import.meta.dirname, "../../simulator/bin/juju")}' "$@"\n`,
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
  goesOn("`juju destroy-model`: rc 0, the connection was lost", "not believed: looks for itself", {
    scenario: { models: [{ name: "openstack", reap: "5m" }], faults: [juju("destroy-model", "poll-drops")] },
  }),
  goesOn("`juju destroy-model`: rc 0, a poll failed", "not believed: looks for itself", {
    scenario: { models: [{ name: "openstack", reap: "5m" }], faults: [juju("destroy-model", "poll-error")] },
  }),
  goesOn("`juju destroy-model`: rc 1 with nothing", "calls it again", {
    scenario: { faults: [juju("destroy-model", "rc1-empty")] },
  }),
  goesOn(
    "`juju destroy-model`: silent for ever while the model goes away",
    "its time limit ends it; looks for itself",
    {
      scenario: { faults: [juju("destroy-model", "goes-silent", { after: 0 })] },
      config: { stuckAfter: "6s" },
    },
  ),
  {
    situation: "`juju destroy-model`: the login is refused",
    expected: "the machines are released, the model stays in the stack; the next destroy finishes",
    run: () =>
      on({ scenario: { faults: [juju("destroy-model", "unauthorized", { times: 9 })] } }, async (stack) => {
        const refused = failed(await stack.destroy());
        const said = says(refused, /invalid entity name or password/);
        await clear(stack);
        return `${said}; then: ${await finishes(stack)}`;
      }),
  },
]);
