import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { view } from "../../../commands/watch/view.ts";
import { projectRoot } from "../../../packages/toolchain/environment.ts";
import type { NewEvent, RunEvent } from "../../../teardown/run/event.ts";
import {
  called,
  captured,
  factsOf,
  goodRun,
  hostnamesOf,
  machineOf,
  model,
  passed,
  runDirectory,
  started,
  story,
} from "../../teardown/report/support/runs.ts";

const hostnames = hostnamesOf(3);
const machine = (at: number) => machineOf(hostnames[at] ?? "", at);
const seconds = (count: number) => Date.parse("2026-11-22T14:00:00.000Z") + count * 1_000;
const shown = (events: RunEvent[], outcome: "under way" | "stopped" | "complete", now: number) =>
  view(
    { events, facts: factsOf() },
    { now: seconds(now), outcome, typical: { model: 420_000, machine: 150_000 } },
  );
const begun = () => story(hostnames).at(0, started()).at(2, passed(hostnames)).at(12, captured);

describe("watch: the table of a run", () => {
  it("says of the model and each machine what it is in, since when, how long that takes, and what it waits for", () => {
    const { events } = begun()
      .at(13, model("alive"), called)
      .at(20, model("dying"))
      .at(21, machine(0).state("", "Deployed"), machine(0).release())
      .at(30, machine(0).answer("accepted", ""), machine(0).state("Deployed", "Releasing"))
      .at(31, machine(1).state("", "Deployed"), machine(1).release());
    const lines = shown(events, "under way", 95).split("\n");
    expect(lines[0]).to.equal("pre-caracal-destroy-20261122T140000Z");
    expect(lines[1]).to.equal("openstack-lab/lab: destroy 1 by jessea123@vopenstack-jesse, for 1 min 35 s");
    expect(lines.slice(4).map((line) => line.split(/ {2,}/))).to.deep.equal([
      ["", "state", "since", "for", "typical", "waits for"],
      ["admin/openstack", "dying", "14:00:20Z", "1:15", "7:00", "Juju to remove machines"],
      ["openstack0", "Releasing", "14:00:30Z", "1:05", "2:30", "MAAS to power it off"],
      ["openstack1", "Deployed", "14:00:31Z", "1:04", "2:30", "MAAS to take the release"],
      ["openstack2", "-", "2:30"],
    ]);
  });

  it("fits into 80 columns, and draws nothing that a hostname brought on the screen", () => {
    const evil = ["\u001b[2J\u001b[31mopenstack0-with-a-very-long-name-that-does-not-end\n"];
    const { events } = story(evil)
      .at(0, started())
      .at(9, machineOf(evil[0] ?? "", 0).state("", "Deployed"))
      .at(9, machineOf(evil[0] ?? "", 0).answer("refused", "a reason that is long, ".repeat(9)));
    const text = shown(events, "under way", 10);
    expect(Math.max(...text.split("\n").map((line) => line.length))).to.be.at.most(80);
    expect(text).to.not.include("\u001b").and.to.not.include("\nopenstack0-with");
  });

  it("says which step the whole lab is in", () => {
    const at = (events: RunEvent[]) => shown(events, "under way", 60).split("\n")[2];
    expect(at(story(hostnames).at(0, started()).events)).to.match(
      /^asking the guards since 14:00:00Z; waits/,
    );
    const snapshot: NewEvent = { event: "snapshot-started", command: ["/srv/lxd.sh"] };
    expect(at(begun().at(13, snapshot).events)).to.equal(
      "taking the snapshot since 14:00:13Z; waits for /srv/lxd.sh",
    );
    expect(at(begun().at(13, called).events)).to.equal("destroying since 14:00:13Z");
  });

  it("says while the others go on what has stopped", () => {
    const { events } = begun().at(
      13,
      machine(0).state("", "Releasing"),
      machine(0).stopped("machine", "is broken"),
    );
    expect(shown(events, "under way", 60)).to.match(/openstack0 .* stopped \(machine\): /);
  });

  it("says at the end what stopped whom", () => {
    const { events } = begun().at(
      13,
      machine(0).state("", "Deployed"),
      machine(0).stopped("machine", "the power-off failed\nmore"),
    );
    const text = shown(events, "stopped", 600);
    expect(text).to.match(/openstack0 +Deployed +14:00:13Z +2:30 +stopped \(machine\): /);
    expect(text.split("\n").at(-1)).to.equal("Stopped");
  });
});

describe("openstack-lab watch", function () {
  this.timeout(60_000);
  const start = (...argv: string[]) =>
    execa(process.execPath, [join(projectRoot, "commands/main.ts"), "watch", ...argv], { reject: false });
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "watch-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const hold = (directory: string, more: Record<string, unknown> = {}) =>
    writeFileSync(
      join(directory, "lock"),
      JSON.stringify({ pid: process.pid, started: "", host: hostname(), since: "", ...more }),
    );

  it("ends with 0 for a lab that is torn down", async () => {
    const { stdout, exitCode } = await start("--once", runDirectory(goodRun(hostnames)));
    expect(exitCode).to.equal(0);
    expect(stdout)
      .to.match(/openstack2 +Ready +14:02:32Z/)
      .and.to.match(/\nTorn down$/);
  });

  it("follows the newest run of a backup root until the destroy ends, from any machine that sees it", async () => {
    const directory = runDirectory(begun().at(13, called).events);
    const whole = readFileSync(join(runDirectory(goodRun(hostnames)), "journal.jsonl"), "utf8");
    const run = { project: "p", stack: "s", lab: { maasUrl: "", machines: [] } };
    writeFileSync(join(directory, "run.json"), JSON.stringify(run));
    hold(directory, { host: "another-host" });
    const watching = start("--backup-root", dirname(directory));
    await new Promise((resolve) => watching.stdout.once("data", resolve));
    const once = await start("--once", directory);
    expect([once.exitCode, once.stdout.includes("destroying since")]).to.deep.equal([3, true]);
    writeFileSync(join(directory, "journal.jsonl"), whole);
    hold(directory, { host: "another-host", released: true });
    const { exitCode, stdout } = await watching;
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/destroying since[\s\S]*\nTorn down$/);
  });

  it("takes a lock that another host gave back for the end of the destroy", async () => {
    const directory = runDirectory(begun().at(13, machine(0).stopped("machine", "is broken")).events);
    hold(directory, { host: "another-host" });
    const during = await start("--once", directory);
    expect([during.exitCode, during.stdout.includes("waits for")]).to.deep.equal([3, true]);
    hold(directory, { host: "another-host", released: true });
    expect((await start("--once", directory)).stdout).to.match(/\nStopped$/);
  });

  it("ends with 3 when the destroy ended otherwise, 1 when there is no run", async () => {
    const directory = runDirectory(begun().at(13, machine(0).stopped("machine", "is broken")).events);
    const { stdout, exitCode } = await start(directory);
    expect([exitCode, stdout.split("\n").at(-1)]).to.deep.equal([3, "Stopped"]);
    const none = await start("--backup-root", folder);
    expect([none.exitCode, none.stdout]).to.deep.equal([1, ""]);
    expect(none.stderr).to.include(`there is no run in ${folder}`);
  });
});
