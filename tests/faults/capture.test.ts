import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { captureFiles, outcomesLeft } from "../../teardown/run/captured.ts";
import type { Stack } from "../e2e/stack.ts";
import { juju } from "./answers.ts";
import { count, halfway, start } from "./interrupted.ts";
import { clear, fault, type Lab, leftToUs, on, set, urnOf } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import {
  destructive,
  failed,
  finishes,
  journal,
  permitting,
  providersGone,
  releasedOnce,
  releases,
  says,
  tornDown,
  until,
  untouched,
} from "./witness.ts";

const onJuju4: Lab = { args: ["--juju", "4.0"] };
const inRun = (stack: Stack, name: string): string => join(stack.runs().at(-1) ?? "", name);
const asides = (stack: Stack): string[] =>
  readdirSync(stack.runs().at(-1) ?? "").filter((name) => name.includes(".before-"));

/** Something that a destroy has left is changed while the model dies; the next one must not go by it. */
const spoilt = (situation: string, pattern: RegExp, spoil: (stack: Stack) => void): Row => ({
  situation,
  expected: "refused, nothing overwritten; with `withoutBundle` goes on, the old files kept aside",
  run: on({ scenario: { models: [{ name: "openstack", reap: "2h" }] } }, async (stack) => {
    await halfway(stack);
    spoil(stack);
    const files = () =>
      Object.values(captureFiles).map((name) => {
        try {
          return readFileSync(inRun(stack, name), "utf8");
        } catch {
          return undefined;
        }
      });
    const [before, calls, captured] = [files(), destructive(stack).length, count(stack, "captured")];
    const refused = failed(await stack.destroy());
    const said = says(refused, pattern);
    expect(files()).to.deep.equal(before);
    expect(destructive(stack)).to.have.length(calls);
    const running = start(stack, ...permitting(refused, "withoutBundle"));
    await until("it is captured", () => count(stack, "captured") > captured);
    await stack.lab.control({ op: "remove-model", name: "openstack" });
    const { code, output } = await running.ended;
    expect(code, output).to.equal(0);
    expect(asides(stack).length).to.be.above(0);
    return `${said}; with withoutBundle: ${await tornDown(stack)}; ${releasedOnce(stack)}`;
  }),
});

/** A read of the capture hangs until the deadline; in the capture's own process, or in the provider. */
const hangs = (command: string, where: "capture" | "provider"): Row => ({
  situation: `\`juju ${command}\` hangs in ${where === "capture" ? "the capture's own process" : "the provider, which captures when Backup has left the stack"}`,
  expected: "the deadline ends it within 2 s, nothing touched; the next destroy finishes",
  run: on({ config: { deadline: "7s" } }, async (stack) => {
    if (where === "provider")
      for (const urn of [urnOf(stack, "::preflight"), urnOf(stack, "Command::backup")])
        expect((await stack.pulumi("state", "delete", urn, "--yes")).code).to.equal(0);
    await fault(stack, juju(command, "hang", { times: 9 }));
    const refused = failed(await stack.destroy());
    const ended = Date.now();
    const said = says(refused, /the deadline of 7\.0 s has passed; nothing was destroyed/);
    const began = journal(stack).find(({ event }) => event === "destroy-started");
    expect(ended - Date.parse(began?.at ?? ""), "ms from the beginning to the end of the CLI").to.be.below(
      7_000 + 2_000 + 1_500,
    );
    await providersGone(stack);
    // The provider, whose waiting the deadline has ended too, may have looked for it too early: the next destroy takes it in.
    const end = [...journal(stack), ...outcomesLeft(inRun(stack, "."))].find(
      ({ event }) => event === "capture-failed",
    );
    expect(end).to.deep.include({ problem: { code: "stopped", why: "deadline" } });
    const kept = untouched(stack);
    await clear(stack);
    stack.configure({ deadline: undefined });
    return `${said}; ${kept}; then: ${await finishes(stack)}`;
  }),
});

rows(import.meta.url, "faults", "The capture", [
  {
    situation: "destroy-model is refused, and the model goes on living",
    expected: "the next destroy captures anew; the older capture is kept aside",
    quick: true,
    run: on(leftToUs, async (stack) => {
      await fault(stack, juju("destroy-model", "unauthorized", { times: 9 }));
      failed(await stack.destroy());
      expect(releases(stack).size).to.equal(0);
      const old = readFileSync(inRun(stack, captureFiles.models), "utf8");
      await clear(stack);
      const end = await finishes(stack);
      expect(count(stack, "captured")).to.equal(2);
      const kept = asides(stack);
      expect(kept).to.have.length(4);
      const models = kept.find((name) => name.startsWith(captureFiles.models)) ?? "";
      expect(readFileSync(inRun(stack, models), "utf8")).to.equal(old);
      return `captured twice, 4 files kept aside; ${end}`;
    }),
  },
  spoilt(
    "the model is dying, and SHA256SUMS lists fewer files than the journal",
    /no verified capture: the model \S+ is dying already, and in \S+ SHA256SUMS was changed since it was captured/,
    (stack) => {
      const sums = readFileSync(inRun(stack, captureFiles.sums), "utf8");
      writeFileSync(inRun(stack, captureFiles.sums), sums.split("\n").slice(1).join("\n"));
    },
  ),
  spoilt(
    "the model is dying, and the bundle was changed",
    /no verified capture: the model \S+ is dying already, and in \S+ bundle-pre-destroy\.yaml was changed since it was captured/,
    (stack) => writeFileSync(inRun(stack, captureFiles.bundle), "applications: {}\n"),
  ),
  spoilt(
    "the model is dying, and the captured status is lost",
    /no verified capture: the model \S+ is dying already, and in \S+ juju-status-pre-destroy\.yaml is missing/,
    (stack) => rmSync(inRun(stack, captureFiles.status)),
  ),
  hangs("export-bundle", "capture"),
  hangs("status", "provider"),
  {
    situation: "`juju export-bundle` fails in the capture's own process",
    expected: "in the journal as data when the destroy has ended",
    run: on({}, async (stack) => {
      await fault(stack, juju("export-bundle", "unauthorized", { times: 1 }));
      failed(await stack.destroy());
      await providersGone(stack);
      const end = journal(stack).at(-1);
      expect(end).to.deep.include({
        event: "capture-failed",
        by: "backup",
        problem: { code: "juju", kind: "unauthorized" },
      });
      return `capture-failed, unauthorized; ${untouched(stack)}; then: ${await finishes(stack)}`;
    }),
  },
]);

const planted: Record<string, (path: string, target: string) => void> = {
  "a link to nowhere": (path, target) => symlinkSync(target, path),
  "a link to another file": (path, target) => {
    writeFileSync(target, "theirs");
    symlinkSync(target, path);
  },
  "a folder": (path) => mkdirSync(path),
};

/** Something lies where a file of the run is to be, when the next destroy comes. */
const inTheWay = (name: string, what: string, refusal?: RegExp): Row => ({
  situation: `where \`${name}\` is to be lies ${what}`,
  expected: refusal
    ? "not followed: refused, nothing touched; when it is removed, the next destroy finishes"
    : "not followed; the destroy finishes",
  run: on({}, async (stack) => {
    await set(stack, "openstack0", { locked: true });
    failed(await stack.destroy());
    await set(stack, "openstack0", { locked: false });
    const [path, target] = [inRun(stack, name), join(stack.directory, "target")];
    rmSync(path, { force: true });
    planted[what]?.(path, target);
    const intact = (): void => {
      if (what === "a link to another file") expect(readFileSync(target, "utf8")).to.equal("theirs");
      else expect(readdirSync(stack.directory)).to.not.include("target");
    };
    if (!refusal) {
      const end = await finishes(stack);
      intact();
      return end;
    }
    const said = says(failed(await stack.destroy()), refusal);
    intact();
    const kept = untouched(stack);
    rmSync(path, { recursive: true });
    return `${said}; ${kept}; removed: ${await finishes(stack)}`;
  }),
});

rows(import.meta.url, "faults", "A run directory that others can write to", [
  inTheWay(captureFiles.bundle, "a link to another file"),
  inTheWay(captureFiles.sums, "a link to nowhere"),
  inTheWay("capture.json", "a link to another file"),
  inTheWay("capture.json", "a folder", /no verified capture: EISDIR/),
  inTheWay("lock", "a link to nowhere", /its lock does not say which process/),
  inTheWay("lock", "a folder", /its lock does not say which process/),
]);

rows(import.meta.url, "faults", "Juju 4.0", [
  {
    situation: "`juju config` fails while the bundle is composed",
    expected: "stops untouched; when it is over, the next destroy finishes",
    run: on(onJuju4, async (stack) => {
      await fault(stack, juju("config", "rc1-empty", { times: 9 }));
      const refused = failed(await stack.destroy());
      says(refused, /no verified capture: `juju config/);
      const said = says(refused, /juju config -m \S+/);
      const kept = untouched(stack);
      await clear(stack);
      return `${said}; ${kept}; then: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the model is stuck",
    expected: "its machines are removed by force, and it is destroyed again",
    run: on(
      {
        ...onJuju4,
        scenario: {
          models: [{ name: "openstack", reap: "1m", stuck: "until-machines-removed", storage: true }],
        },
        config: { stuckAfter: "4s" },
      },
      async (stack) => {
        const end = await finishes(stack);
        const calls = destructive(stack).map(({ what }) => what);
        expect(calls.filter((what) => what.includes("destroy-model")).length).to.be.at.least(2);
        expect(calls.some((what) => what.includes("remove-machine"))).to.equal(true);
        return `removed by force, destroyed again; ${end}`;
      },
    ),
  },
  {
    situation: "`juju destroy-model`: rc 0, the connection was lost",
    expected: "not believed: checks directly",
    run: on(
      {
        ...onJuju4,
        scenario: {
          models: [{ name: "openstack", reap: "5m" }],
          faults: [juju("destroy-model", "poll-drops", { after: 0 })],
        },
      },
      (stack) => finishes(stack),
    ),
  },
]);
