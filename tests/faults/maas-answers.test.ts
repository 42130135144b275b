import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import { goesOn, maas, stopsUntouched } from "./answers.ts";
import { start } from "./interrupted.ts";
import { clear, on, ownReleases } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import {
  failed,
  finishes,
  five,
  journal,
  permitting,
  releasedOnce,
  releases,
  says,
  tornDown,
  until,
  untouched,
} from "./witness.ts";

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
  stopsUntouched("no answer ever", maas("hang"), /did not answer in time: no answer within 20 s/),
  {
    situation: "the clock of this host is an hour behind MAAS's",
    expected: "stops untouched, says that it is the clock; when it is set, the next destroy finishes",
    quick: true,
    run: on({}, async (stack) => {
      await stack.lab.control({ op: "set-maas-clock", ahead: "1h" });
      const refused = failed(await stack.destroy());
      const said = says(refused, /the clock of this host is more than 5 minutes behind MAAS's clock/);
      says(refused, /Set the clock \(timedatectl\), then run the command again\./);
      const kept = untouched(stack);
      await stack.lab.control({ op: "set-maas-clock", ahead: "0s" });
      return `${said}; ${kept}; then: ${await finishes(stack)}`;
    }),
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
          ...ownReleases,
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
    )().then((text) => new Map(JSON.parse(text) as [string, string][]));
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
    run: on(
      {
        scenario: {
          ...ownReleases,
          machines: machines({ openstack1: { faults: [{ answer: "vanishes" }] } }),
        },
      },
      async (stack) => {
        const stopped = failed(await stack.destroy());
        const said = says(stopped, /is no longer in MAAS; expected: Ready/);
        return `${said}; with acceptDeleted: ${await finishes(stack, ...permitting(stopped, "acceptDeleted"))}`;
      },
    ),
  },
  {
    situation: "200, but the machine has no passed commissioning: New",
    expected: "stops and says what to type; the next destroy finishes",
    run: on(
      { scenario: { ...ownReleases, machines: machines({ openstack1: { commissioned: false } }) } },
      async (stack) => {
        const refused = failed(await stack.destroy());
        const said = says(refused, /MAAS has no passed commissioning of it/);
        says(refused, /maas admin machine commission \w{6}/);
        await stack.lab.control({ op: "set-machine", hostname: "openstack1", fields: { status: "Ready" } });
        return `${said}; commissioned: ${await finishes(stack)}`;
      },
    ),
  },
  {
    situation: "the disks are erased, and one erasure fails",
    expected: "released again, without stopping the others",
    run: on(
      {
        config: { erase: "disk" },
        scenario: {
          ...ownReleases,
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
    run: on(
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

rows(import.meta.url, "faults", "MAAS, away for longer than a call is repeated", [
  {
    situation: "MAAS is away for 20 s from destroy-model on",
    expected: "waited for, and the rows say since when; one destroy is enough",
    run: on(
      {
        speed: 30,
        scenario: {
          models: [{ name: "openstack", reap: "30m", releasesMachines: false }],
          machines: machines(Object.fromEntries(five.map((name) => [name, { release: "1m" }]))),
        },
        config: { stuckAfter: "1h" },
      },
      async (stack) => {
        const running = start(stack);
        await until("the model is being destroyed", () =>
          journal(stack).some(({ event }) => event === "destroy-model-called"),
        );
        await stack.lab.control({ op: "maas-away", for: "10m" });
        const ended = await running.ended;
        expect(ended.code, ended.output).to.equal(0);
        const rowSays = /MAAS does not answer since (?=\d\d:\d\d:\d\dZ: .*; waiting)/;
        return `${says(ended, rowSays)} <time>; ${await tornDown(stack)}; ${releasedOnce(stack)}`;
      },
    ),
  },
  {
    situation: "200, and the power stays on for a while",
    expected: "waited for, and its row says so",
    run: on(
      {
        speed: 5,
        scenario: {
          models: [{ name: "openstack", reap: "1m", releasesMachines: false }],
          machines: machines({
            ...Object.fromEntries(five.map((name) => [name, { release: "5s" }])),
            openstack1: { release: "250s" },
          }),
        },
      },
      async (stack) => {
        const { code, output } = await stack.destroy();
        expect(code, output).to.equal(0);
        expect(output, output).to.match(/openstack1.* power still on for \d+ s; Releasing since/);
        return `power still on for <time>; ${await tornDown(stack)}`;
      },
    ),
  },
]);
