import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { type Lab, leftToUs, on } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { type Strike, struckDestroy, type Victim } from "./strike.ts";
import {
  cancel,
  capturedFirst,
  finishes,
  journal,
  providers,
  releasedOnce,
  runs,
  says,
  stateFile,
} from "./witness.ts";

const quickLab = { ...leftToUs, speed: 120 };
// A model that waits for its machines' removal, so that the runbook's procedure for it is under way.
const stuckLab = {
  speed: 120,
  scenario: { models: [{ name: "openstack", reap: "2m", stuck: "until-machines-removed" }] },
  config: { stuckAfter: "3s" },
};

const killed: Record<Victim, string> = {
  engine: "the engine is killed",
  provider: "the provider is killed",
  self: "the capture's process is killed",
};
const expected = "cancel where needed, destroy: same end";

/** One kill, what Pulumi asks for after it, and a destroy that must reach the end. */
const survives = (strike: Strike & { who: Victim }, lab: Lab) =>
  on(lab, async (stack) => {
    const first = await struckDestroy(stack, strike);
    expect(first.code, first.output).to.not.equal(0);
    if (strike.who === "engine") await cancel(stack);
    const end = await finishes(stack);
    for (const pid of providers(stack)) expect(runs(pid), `provider ${pid}`).to.equal(false);
    expect(stack.runs()).to.have.length(1);
    expect(journal(stack).at(-1)?.event).to.equal("run-closed");
    return [end, capturedFirst(stack), releasedOnce(stack)].join("; ");
  });

/** The journal's steps of a happy teardown, each with the words for it. */
const steps: { event: string; match?: string; file?: string; nth?: number; words: string }[] = [
  { event: "run-opened", words: "the run is opened" },
  { event: "destroy-started", words: "the lock is taken" },
  { event: "guards-passed", words: "the guards have passed" },
  { event: "captured", file: "capture.json", words: "the capture is complete" },
  { event: "captured", file: "journal.jsonl", words: "the capture is taken into the journal" },
  { event: "model-state", match: '"alive"', words: "the model is seen alive" },
  { event: "destroy-model-called", words: "destroy-model is about to be called" },
  { event: "model-state", match: '"dying"', words: "the model is dying" },
  { event: "destroy-model-answered", words: "destroy-model has answered" },
  { event: "model-state", match: '"gone"', words: "the model is gone" },
  { event: "machine-state", match: '"Deployed"', words: "the first machine is seen Deployed" },
  { event: "release-called", words: "the first release is about to be sent" },
  { event: "release-called", nth: 5, words: "the last release is about to be sent" },
  { event: "release-answered", words: "the first release is answered" },
  { event: "release-answered", nth: 5, words: "the last release is answered" },
  { event: "machine-state", match: '"Ready"', words: "the first machine is Ready" },
  { event: "machine-state", match: '"Ready"', nth: 5, words: "the last machine is Ready" },
  { event: "done", words: "the first resource is done" },
  { event: "done", nth: 7, words: "the last resource is done" },
  { event: "exit-criteria", words: "the exit criteria are met" },
  { event: "run-closed", words: "the run is closed" },
];

const atStep = (who: Victim): Row[] =>
  steps.map(({ words, nth = 1, ...step }) => ({
    situation: killed[who],
    moment: `when ${words}`,
    expected,
    run: survives({ who, nth, at: "journal", when: "after", ...step }, quickLab),
  }));

const torn = ["run-opened", "captured", "release-called", "run-closed"].map(
  (event): Row => ({
    situation: "the process is killed in the middle of writing to the journal",
    moment: `\`${event}\``,
    expected,
    run: survives(
      { who: "self", nth: 1, at: "journal", event, file: "journal.jsonl", when: "torn" },
      quickLab,
    ),
  }),
);

const around = (who: "engine" | "provider"): Row[] => [
  {
    situation: killed[who],
    moment: "when the run directory is made, and nothing is in its journal",
    expected,
    run: survives({ who, nth: 1, at: "journal", event: "run-opened", when: "before" }, quickLab),
  },
  {
    situation: killed[who],
    moment: "while the first release is on its way",
    expected,
    run: survives({ who, nth: 1, at: "post" }, quickLab),
  },
  {
    situation: killed[who],
    moment: "while the last release is on its way",
    expected,
    run: survives({ who, nth: 5, at: "post" }, quickLab),
  },
  {
    situation: killed[who],
    moment: "when juju destroy-model has just been started",
    expected,
    run: survives({ who, nth: 1, at: "juju", command: "destroy-model", delay: 0 }, quickLab),
  },
  {
    situation: killed[who],
    moment: "while juju destroy-model waits",
    expected,
    run: survives({ who, nth: 1, at: "juju", command: "destroy-model", delay: 500 }, quickLab),
  },
  {
    situation: killed[who],
    moment: "when the stuck model's machines are about to be removed by force",
    expected,
    run: survives({ who, nth: 1, at: "journal", event: "remove-machines-called", when: "after" }, stuckLab),
  },
  {
    situation: killed[who],
    moment: "when the stuck model's machines have been removed by force",
    expected,
    run: survives({ who, nth: 1, at: "journal", event: "remove-machines-answered", when: "after" }, stuckLab),
  },
];

const cutOff: Row = {
  situation: "the engine is killed while it writes its own state, which is cut off",
  expected: "Pulumi cannot read it; with its own copy (`.bak`) the destroy goes on",
  run: on(quickLab, async (stack) => {
    await struckDestroy(stack, {
      who: "engine",
      nth: 1,
      at: "journal",
      event: "release-called",
      when: "after",
    });
    const copy = readFileSync(`${stateFile(stack)}.bak`, "utf8");
    expect(copy).to.include("MaasMachine");
    writeFileSync(stateFile(stack), "");
    await stack.pulumi("cancel", "--yes");
    const refused = await stack.destroy();
    expect(refused.code).to.not.equal(0);
    const said = says(refused, /failed to load checkpoint/);
    await cancel(stack);
    return `${said}; put back: ${await finishes(stack)}; ${releasedOnce(stack)}`;
  }),
};

const ofCapture: Row[] = [
  ...(["engine", "self"] as const).map((who) => ({
    situation: killed[who],
    moment: "while juju export-bundle runs",
    expected,
    run: survives({ who, nth: 1, at: "juju", command: "export-bundle", delay: 100 }, quickLab),
  })),
  {
    situation: killed.self,
    moment: "when the capture is complete",
    expected,
    run: survives(
      { who: "self", nth: 1, at: "journal", event: "captured", file: "capture.json", when: "after" },
      quickLab,
    ),
  },
];

// What is composed takes a hundred calls.
const onJuju4 = { ...quickLab, args: ["--juju", "4.0"] };
const ofJuju4: Row[] = [
  ...(["engine", "self"] as const).map((who) => ({
    situation: `${killed[who]} (Juju 4.0)`,
    moment: "while the bundle is composed",
    expected,
    run: survives({ who, nth: 9, at: "juju", command: "config", delay: 0 }, onJuju4),
  })),
  ...(["engine", "provider"] as const).flatMap((who) => [
    {
      situation: `${killed[who]} (Juju 4.0)`,
      moment: "when the capture is taken into the journal",
      expected,
      run: survives(
        { who, nth: 1, at: "journal", event: "captured", file: "journal.jsonl", when: "after" },
        onJuju4,
      ),
    },
    {
      situation: `${killed[who]} (Juju 4.0)`,
      moment: "while juju destroy-model waits",
      expected,
      run: survives({ who, nth: 1, at: "juju", command: "destroy-model", delay: 500 }, onJuju4),
    },
    {
      situation: `${killed[who]} (Juju 4.0)`,
      moment: "when the stuck model's machines have been removed by force",
      expected,
      run: survives(
        { who, nth: 1, at: "journal", event: "remove-machines-answered", when: "after" },
        { ...stuckLab, args: ["--juju", "4.0"] },
      ),
    },
  ]),
];

rows(
  import.meta.url,
  "interruptions",
  "kill -9 at every step",
  [
    ...atStep("engine"),
    ...atStep("provider"),
    ...around("engine"),
    ...around("provider"),
    ...torn,
    ...ofCapture,
    ...ofJuju4,
    cutOff,
  ],
  { every: 5 },
);
