import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Report } from "../../../teardown/report/report.ts";
import { makeReport, writeReport } from "../../../teardown/report/write-report.ts";
import { goodRun, hostnamesOf, runDirectory, started, story } from "./support/runs.ts";

const main = new URL("../../../commands/main.ts", import.meta.url).pathname;
const read = (directory: string): Report =>
  JSON.parse(readFileSync(join(directory, "report.json"), "utf8")) as Report;
const good = () => runDirectory(goodRun(hostnamesOf(5)));

describe("writeReport", () => {
  it("writes both files for the owner alone", () => {
    const directory = good();
    expect(writeReport(directory)).to.equal(undefined);
    expect(read(directory)).to.include({ outcome: "complete", directory });
    expect(readFileSync(join(directory, "report.html"), "utf8")).to.match(/^<!doctype html>/);
    for (const name of ["report.json", "report.html"])
      expect(statSync(join(directory, name)).mode & 0o777).to.equal(0o600);
  });

  it("hashes the capture again", () => {
    const directory = good();
    expect(makeReport(directory).capture.state).to.equal("intact");
    writeFileSync(join(directory, "bundle-pre-destroy.yaml"), "applications: {changed: {}}\n");
    expect(makeReport(directory).capture).to.deep.include({
      state: "broken",
      problems: ["bundle-pre-destroy.yaml was changed since"],
    });
    expect(makeReport(directory).problems).to.have.length(1);
    rmSync(join(directory, "bundle-pre-destroy.yaml"));
    expect(makeReport(directory).capture.problems).to.deep.equal(["bundle-pre-destroy.yaml is missing"]);
  });

  it("notices a file that was changed together with its sum", () => {
    const directory = good();
    execFileSync(
      "sh",
      ["-c", "echo x > bundle-pre-destroy.yaml; sha256sum *-pre-destroy.yaml > SHA256SUMS"],
      { cwd: directory },
    );
    expect(makeReport(directory).capture.state).to.equal("broken");
  });

  it("notices that the sums are gone", () => {
    const directory = good();
    rmSync(join(directory, "SHA256SUMS"));
    expect(makeReport(directory).capture.problems[0]).to.contain("SHA256SUMS");
  });

  it("reads what a crash left of a journal", () => {
    const directory = good();
    appendFileSync(join(directory, "journal.jsonl"), '{"v":1,"at":"2026-11-');
    expect(makeReport(directory).outcome).to.equal("complete");
  });

  it("tells a run that a living process holds from one whose process is gone", () => {
    const directory = runDirectory(story(["openstack0"]).at(0, started()).events);
    const hold = (pid: number) =>
      writeFileSync(join(directory, "lock"), JSON.stringify({ pid, started: "", host: hostname() }));
    hold(process.ppid);
    expect(makeReport(directory).outcome).to.equal("under way");
    hold(2 ** 22 + 1);
    expect(makeReport(directory).outcome).to.equal("cut off");
  });

  it("says why it could not write, and throws nothing", () => {
    expect(writeReport("/nowhere/at/all")).to.contain("holds no journal.jsonl");
    expect(existsSync("/nowhere")).to.equal(false);
  });
});

describe("openstack-lab report", () => {
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [main, "report", ...argv], { encoding: "utf8" });

  it("writes the report again and says where it is", () => {
    const directory = good();
    const { status, stdout } = run(directory);
    expect(status).to.equal(0);
    expect(stdout).to.contain("Torn down: ").and.to.contain(join(directory, "report.html"));
  });

  it("prints JSON for a pipe", () => {
    expect((JSON.parse(run("--json", good()).stdout) as Report).outcome).to.equal("complete");
  });

  it("ends quietly when its reader has seen enough, though more is to come than a pipe holds", () => {
    const directory = runDirectory(goodRun(hostnamesOf(200)));
    const piped = (reader: string) =>
      spawnSync(
        "bash",
        ["-c", `"$0" "$1" report --json "$2" | ${reader}`, process.execPath, main, directory],
        {
          encoding: "utf8",
          maxBuffer: 100_000_000,
        },
      );
    expect(piped("cat").stdout.length).to.be.above(200_000);
    const { stdout, stderr } = piped("head -n 1");
    expect({ stdout, stderr }).to.deep.equal({ stdout: "{\n", stderr: "" });
  });

  it("explains itself, ends with 1 when it cannot read, and with 2 when it is used wrongly", () => {
    expect(run("--help").stdout).to.contain("Examples").and.to.contain("Exit code");
    expect(run("/nowhere")).to.deep.include({ status: 1, stdout: "" });
    expect(run().stderr).to.contain("--help");
    expect(run("--wrong").status).to.equal(2);
    expect(run("--json", good(), good()).status).to.equal(2);
  });
});
