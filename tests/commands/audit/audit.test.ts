import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { auditOf } from "../../../commands/audit/audit.ts";
import { type History, historyOf, type Update } from "../../../commands/audit/history.ts";
import { renderText } from "../../../commands/audit/render.ts";
import { runsIn } from "../../../commands/audit/runs.ts";
import {
  goodRun,
  hostnamesOf,
  passed,
  runDirectory,
  started,
  story,
} from "../../teardown/report/support/runs.ts";

const main = new URL("../../../commands/main.ts", import.meta.url).pathname;
const at = "2026-11-23T00:00:00.000Z";
const update = (startTime: string, endTime: string, more: Partial<Update> = {}): Update => ({
  kind: "destroy",
  startTime,
  endTime,
  message: "",
  result: "succeeded",
  resourceChanges: { delete: 11 },
  environment: {},
  ...more,
});
const ofLab = (...updates: Update[]): History => ({ stack: "lab", updates, missing: false });
const up = update("2026-11-22T10:00:00.000Z", "2026-11-22T10:00:06.000Z", {
  kind: "update",
  resourceChanges: { create: 11 },
});
const destroyed = update("2026-11-22T14:00:00.000Z", "2026-11-22T14:07:01.000Z");

const auditOfRun = (history: History, directory = runDirectory(goodRun(hostnamesOf(5)))) =>
  auditOf({ runs: runsIn(dirname(directory)), histories: [history], backupRoot: dirname(directory), at });

describe("auditOf", () => {
  it("joins a destroy of the history with its journal, which knows who, from where and what", () => {
    const audit = auditOfRun(ofLab(destroyed, up));
    expect(audit.entries.map(({ kind, known, result }) => [kind, known, result])).to.deep.equal([
      ["up", "history only", "succeeded"],
      ["destroy", "both", "succeeded"],
    ]);
    expect(audit.entries[1]).to.deep.include({
      user: "jessea123",
      host: "vopenstack-jesse",
      why: "Caracal rebuild, CHG-1",
      outcome: "complete",
      took: 420_000,
      what: "model admin/openstack: gone; machines: 5 of 5 Ready",
    });
    expect(audit.entries[1]?.run?.capture).to.equal("intact");
    expect(audit.problems).to.deep.equal([]);
  });

  it("takes a journal without an entry for a killed engine when Pulumi kept what came before", () => {
    expect(auditOfRun(ofLab(up)).entries.at(-1)?.known).to.equal("engine killed");
  });

  it("takes it for erased history when Pulumi has nothing of that time", () => {
    const later = update("2026-11-23T10:00:00.000Z", "2026-11-23T10:00:06.000Z", { kind: "update" });
    expect(auditOfRun(ofLab(later)).entries[0]?.known).to.equal("history erased");
    const removed = auditOfRun({ stack: "lab", updates: [], missing: true });
    expect(removed.entries[0]?.known).to.equal("history erased");
    expect(removed.notes[0]).to.contain("pulumi stack rm");
    const unread = auditOfRun({ stack: "lab", updates: [], missing: false, why: "no network" });
    expect(unread.entries[0]?.known).to.equal("history unread");
  });

  it("does not give one entry of the history to two destroys", () => {
    const twice = runDirectory(
      story(["openstack0"]).at(0, started(), passed([])).at(1, started(), passed([])).events,
    );
    const { entries } = auditOfRun(ofLab(up, destroyed), twice);
    expect(entries.map(({ known }) => known)).to.deep.equal(["history only", "both", "engine killed"]);
  });

  it("says which operation a destroy of the history without a journal was, and why only when -m was given", () => {
    const given = { environment: { "pulumi.flag.message": "set" }, message: "because" };
    const commit = update("2026-11-22T09:00:00.000Z", "2026-11-22T09:00:01.000Z", {
      message: "Fix the README",
    });
    const { entries } = auditOf({
      runs: [],
      histories: [ofLab({ ...up, ...given }, commit)],
      backupRoot: "/b",
      at,
    });
    expect(entries.map(({ kind, why, what }) => [kind, why, what])).to.deep.equal([
      ["destroy", "", "delete 11"],
      ["up", "because", "create 11"],
    ]);
  });

  it("names a capture that was changed, and a journal with lines of another hand", () => {
    const changed = runDirectory(goodRun(hostnamesOf(2)));
    appendFileSync(join(changed, "bundle-pre-destroy.yaml"), "more\n");
    appendFileSync(join(changed, "journal.jsonl"), "{}\n");
    const audit = auditOfRun(ofLab(up, destroyed), changed);
    expect(audit.problems.map(({ what }) => what)).to.deep.equal([
      "bundle-pre-destroy.yaml was changed since",
      "1 lines of the journal cannot be read",
    ]);
    expect(renderText(audit)).to.contain("DOES NOT HOLD: bundle-pre-destroy.yaml was changed since");
  });

  it("does not blame a crash's torn last line, nor folders that are no runs", () => {
    const torn = runDirectory(goodRun(hostnamesOf(2)));
    appendFileSync(join(torn, "journal.jsonl"), '{"v":1,"at":');
    mkdtempSync(join(dirname(torn), "other-"));
    const audit = auditOfRun(ofLab(up, destroyed), torn);
    expect(audit.problems).to.deep.equal([]);
    expect(audit.entries).to.have.length(2);
  });

  it("draws nothing that a hostname brought on the screen", () => {
    const evil = "\u001b[2J\nroot";
    const directory = runDirectory(
      story(["openstack0"]).at(0, started({ user: evil, message: evil })).events,
    );
    const text = renderText(auditOfRun(ofLab(up), directory));
    expect(text).to.not.contain("\u001b");
    expect(text.split("\n").some((line) => line.startsWith("root"))).to.equal(false);
  });
});

describe("historyOf", () => {
  const answers = (exitCode: number, stdout: string, stderr: string) => async () => ({
    exitCode,
    stdout,
    stderr,
  });

  it("tells a stack that is gone from a history that could not be read", async () => {
    expect(await historyOf(answers(6, "", "error: no stack named 'lab' found"), "lab")).to.include({
      missing: true,
    });
    expect(await historyOf(answers(255, "", "error: no network"), "lab")).to.include({
      missing: false,
      why: "error: no network",
    });
  });

  it("asks for all of it, not only for the first ten", async () => {
    let asked: string[] = [];
    await historyOf(async (args) => {
      asked = args;
      return { exitCode: 0, stdout: "[]", stderr: "" };
    }, "lab");
    expect(asked.join(" ")).to.contain("--page-size 100000");
  });
});

describe("openstack-lab audit", function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), "audit-"));
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [main, "audit", ...argv], {
      encoding: "utf8",
      env: { ...process.env, HOME: home, PULUMI_BACKEND_URL: `file://${home}`, PULUMI_CONFIG_PASSPHRASE: "" },
    });

  it("goes on with the journals when Pulumi has no such stack, and ends with 0, or 3 when a capture was changed", () => {
    const directory = runDirectory(goodRun(hostnamesOf(3)));
    const root = dirname(directory);
    const good = run("--backup-root", root);
    expect(good.stdout).to.contain("3 of 3 Ready").and.to.contain("history of that time is erased");
    expect(good.status).to.equal(0);
    writeFileSync(join(directory, "SHA256SUMS"), "");
    const bad = run("--backup-root", root, "--json");
    expect(bad.status).to.equal(3);
    expect((JSON.parse(bad.stdout) as { problems: unknown[] }).problems).to.have.length(1);
  });

  it("ends with 1 when nothing is known, and with 2 when the arguments are wrong", () => {
    expect(run("--stack", "nope", "--backup-root", home).status).to.equal(1);
    expect(run("--wrong").status).to.equal(2);
    expect(run("--help").stdout).to.contain("Examples");
  });
});
