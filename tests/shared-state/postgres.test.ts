import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { verifiedCapture } from "../../teardown/run/captured.ts";
import { readJournal } from "../../teardown/run/journal.ts";
import { type Lab, startLab } from "../e2e/lab.ts";
import { inTestFaults } from "../needs.ts";
import { journalOf, makeOperator, makeStack, type Operator, runsIn } from "./support/operator.ts";
import { type Postgres, startPostgres } from "./support/postgres.ts";

const stack = "roosevelt";

const until = async (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 600) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
const callsOf = async (lab: Lab, pattern: RegExp): Promise<string[]> =>
  (await lab.calls()).map(({ what }) => what).filter((what) => pattern.test(what));
const expectTornDown = async (lab: Lab): Promise<void> => {
  const { machines, juju } = await lab.state();
  expect(machines.map(({ status }) => status)).to.deep.equal(machines.map(() => "Ready"));
  expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
};

describe("state that is shared through PostgreSQL", function () {
  this.timeout(300_000);
  let postgres: Postgres;
  let folder: string;
  const labs: Lab[] = [];

  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-shared-"));
  });
  afterEach(async () => {
    await Promise.all(labs.splice(0).map((lab) => lab.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const newLab = async (name: string, scenario: Record<string, unknown> = {}): Promise<Lab> => {
    const lab = await startLab({ directory: join(folder, name), scenario });
    labs.push(lab);
    return lab;
  };
  const backend = () => postgres.env;

  /** Ann has made and adopted the stack; Bob has the same from git, in another checkout, with another home. */
  const annAndBob = async (
    config: Record<string, unknown>,
    scenario: Record<string, unknown> = {},
  ): Promise<{ lab: Lab; ann: Operator; bob: Operator }> => {
    const labFolder = join(folder, "lab");
    const lab = await newLab("lab", scenario);
    const common = { labFolder, lab, stack, backend: backend() };
    const ann = await makeOperator({ ...common, folder: join(folder, "ann") });
    await makeStack(ann, stack, config);
    const { code, output } = await ann.run("up", "--yes", "--skip-preview");
    expect(code, output).to.equal(0);
    const bob = await makeOperator({ ...common, folder: join(folder, "bob"), colleague: ann });
    return { lab, ann, bob };
  };
  const forget = async (operator: Operator) => {
    await operator.run("cancel", "--yes");
    await operator.run("stack", "rm", stack, "--force", "--yes", "--preserve-config");
  };

  it("refuses a second operator, whom it tells who is at it, and lets him finish when the first one's machine died", async () => {
    const backupRoot = join(folder, "shared-backups");
    const { lab, ann, bob } = await annAndBob({ backupRoot });
    try {
      const first = ann.start("destroy", "--yes", "--skip-preview", "-m", "by Ann");
      await until(
        "the model dies",
        async () => (await callsOf(lab, /destroy-model/)).length > 0 || isDying(lab),
      );

      const second = await bob.run("destroy", "--yes", "--skip-preview");
      expect(second.code, second.output).to.not.equal(0);
      expect(second.output).to.include("the stack is currently locked by 1 lock");
      expect(second.output).to.include(`${userInfo().username}@${hostname()} (pid ${first.pid})`);

      first.kill("SIGKILL");
      await first.ended;
      const still = await bob.run("destroy", "--yes", "--skip-preview");
      expect(still.output).to.include("currently locked");

      const cancelled = await bob.run("cancel", "--yes");
      expect(cancelled.code, cancelled.output).to.equal(0);
      const resumed = await bob.run("destroy", "--yes", "--skip-preview", "-m", "by Bob");
      expect(resumed.code, resumed.output).to.equal(0);
      await expectTornDown(lab);

      // One run, in the place that both can write to; nothing was done twice.
      const [run = "", ...others] = runsIn(backupRoot);
      expect(others).to.deep.equal([]);
      const events = journalOf(run).map(({ event }) => event);
      expect(events.filter((event) => event === "destroy-started")).to.have.length(2);
      expect(events.at(-1)).to.equal("run-closed");
      expect(runsIn(ann.backups).concat(runsIn(bob.backups))).to.deep.equal([]);
      const releases = await callsOf(lab, /op=release/);
      expect(new Set(releases).size, releases.join("\n")).to.equal(releases.length);

      // The history is one for both; the run that was killed left no entry (its journal has it).
      for (const operator of [ann, bob]) {
        const { output } = await operator.run("stack", "history", "--json");
        const entries = JSON.parse(output) as { kind: string; message?: string; result: string }[];
        expect(entries.map(({ kind, result }) => `${kind} ${result}`)).to.deep.equal([
          "destroy succeeded",
          "update succeeded",
        ]);
        expect(entries[0]?.message).to.equal("by Bob");
      }
    } finally {
      await forget(ann);
    }
  });

  /** Ann's engine dies after `reached`; Bob, who has run directories of his own, takes the lock away. */
  const annDies = async (ann: Operator, bob: Operator, reached: () => Promise<boolean>) => {
    const first = ann.start("destroy", "--yes", "--skip-preview");
    await until("Ann's destroy is under way", reached);
    first.kill("SIGKILL");
    await first.ended;
    const { code, output } = await bob.run("cancel", "--yes");
    expect(code, output).to.equal(0);
  };

  inTestFaults(
    "captures a model anew that is still alive when the run directory stayed in the first one's home",
    async () => {
      const { lab, ann, bob } = await annAndBob({});
      try {
        await lab.control({
          op: "add-fault",
          fault: { side: "juju", command: "destroy-model", times: 1, kind: "hang" },
        });
        // Hers is the call that hangs: it has reached the lab.
        await annDies(ann, bob, async () =>
          readFileSync(join(folder, "lab", "calls.jsonl"), "utf8").includes("juju destroy-model"),
        );
        const { code, output } = await bob.run("destroy", "--yes", "--skip-preview");
        expect(code, output).to.equal(0);
        await expectTornDown(lab);
        const [hers = "", ...herOthers] = runsIn(ann.backups);
        const [his = "", ...hisOthers] = runsIn(bob.backups);
        expect([...herOthers, ...hisOthers]).to.deep.equal([]);
        expect(journalOf(hers).at(-1)?.event).to.not.equal("run-closed");
        const events = journalOf(his).map(({ event }) => event);
        expect(events).to.include.members(["captured", "run-closed"]);
      } finally {
        await forget(ann);
      }
    },
  );

  inTestFaults(
    "refuses a model that is dying without its capture, and goes on with the run directory that holds it",
    async () => {
      const { lab, ann, bob } = await annAndBob({}, { models: [{ name: "openstack", reap: "2h" }] });
      try {
        await annDies(ann, bob, () => isDying(lab));
        const refused = await bob.run("destroy", "--yes", "--skip-preview");
        expect(refused.code, refused.output).to.not.equal(0);
        expect(refused.output).to.match(
          /no verified capture: the model admin\/openstack is dying already, and this run holds no capture of it/,
        );
        expect(refused.output).to.match(/pulumi destroy -c withoutBundle=[0-9a-f-]{36}/);

        // What `scp` would do.
        const [hers = ""] = runsIn(ann.backups);
        rmSync(bob.backups, { recursive: true });
        cpSync(hers, join(bob.backups, basename(hers)), { recursive: true });
        // It dies for as long as it takes to look at it.
        await lab.control({ op: "remove-model", name: "openstack" });
        const { code, output } = await bob.run("destroy", "--yes", "--skip-preview");
        expect(code, output).to.equal(0);
        await expectTornDown(lab);
        const [his = "", ...others] = runsIn(bob.backups);
        expect(others).to.deep.equal([]);
        expect(journalOf(his).at(-1)?.event).to.equal("run-closed");
        expect(verifiedCapture(his, readJournal(join(his, "journal.jsonl")))).to.have.length(3);
      } finally {
        await forget(ann);
      }
    },
  );

  inTestFaults("destroys two labs at the same time, each as if it were alone", async () => {
    const backupRoot = join(folder, "shared-backups");
    const names = ["east", "west"];
    const sites = await Promise.all(
      names.map(async (name) => {
        const labFolder = join(folder, name);
        const lab = await newLab(name);
        const common = { labFolder, lab, stack: name, backend: backend() };
        const operator = await makeOperator({ ...common, folder: join(folder, `operator-${name}`) });
        await makeStack(operator, name, { backupRoot, releaseComment: `only ${name}` });
        return { name, lab, operator };
      }),
    );
    const both = async (command: string) => {
      const ended = await Promise.all(
        sites.map(({ operator }) => operator.run(command, "--yes", "--skip-preview")),
      );
      for (const { code, output } of ended) expect(code, output).to.equal(0);
    };
    await both("up");
    await both("destroy");
    const runs = runsIn(backupRoot).map((run) => ({ run, journal: journalOf(run) }));
    expect(runs).to.have.length(2);
    const began = runs.map(({ journal }) => Date.parse(String(journal[0]?.at)));
    const ended = runs.map(({ journal }) => Date.parse(String(journal.at(-1)?.at)));
    expect(Math.max(...began)).to.be.below(Math.min(...ended), "they were not under way at the same time");
    for (const { name, lab } of sites) {
      await expectTornDown(lab);
      const own = runs.filter(({ journal }) => journal[0]?.stack === name);
      expect(own).to.have.length(1);
      const [{ run, journal } = { run: "", journal: [] }] = own;
      expect(journal.at(-1)?.event).to.equal("run-closed");
      expect(journal.filter(({ event }) => event === "destroy-started")).to.have.length(1);
      expect(verifiedCapture(run, readJournal(join(run, "journal.jsonl")))).to.have.length(3);
      const releases = (await lab.calls()).filter(({ what }) => /op=release/.test(what));
      expect(releases).to.have.length(5);
      for (const release of releases) expect(JSON.stringify(release)).to.include(`only ${name}`);
      expect(await callsOf(lab, /destroy-model/)).to.have.length(1);
    }
    for (const { name, operator } of sites) await operator.run("stack", "rm", name, "--yes");
  });
});

const isDying = async (lab: Lab): Promise<boolean> =>
  (await lab.state()).juju.models.some(({ life }) => life === "dying");
