import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { auditOf } from "../../../commands/audit/audit.ts";
import { type History, historyOf, type Update } from "../../../commands/audit/history.ts";
import { renderText } from "../../../commands/audit/render.ts";
import { runsIn } from "../../../commands/audit/runs.ts";
import { makeReport } from "../../../teardown/report/write-report.ts";
import {
  goodRun,
  hostnamesOf,
  journalOf,
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

  it("says of a destroy that deleted something and has no run here that it is not on this machine", () => {
    const refused = update("2026-11-22T09:00:00.000Z", "2026-11-22T09:00:01.000Z", { resourceChanges: {} });
    const { entries, problems } = auditOf({
      runs: [],
      histories: [ofLab(up, destroyed, refused)],
      backupRoot: "/b",
      at,
    });
    expect(entries.map(({ known }) => known)).to.deep.equal([
      "history only",
      "history only",
      "not on this machine",
    ]);
    expect(problems).to.deep.equal([]);
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

  describe("of a run directory that was changed", () => {
    const good = () => runDirectory(goodRun(hostnamesOf(2)));
    const journal = (directory: string) => join(directory, "journal.jsonl");
    const edit = (directory: string, change: (lines: string[]) => string[]) => {
      const lines = readFileSync(journal(directory), "utf8").trimEnd().split("\n");
      writeFileSync(journal(directory), `${change(lines).join("\n")}\n`);
    };
    const found = (directory: string) =>
      auditOfRun(ofLab(up, destroyed), directory).problems.map(({ code, what, where }) => {
        expect(where.startsWith(dirname(directory))).to.equal(true);
        return [code, what];
      });

    it("names a capture that was changed, and a line that is not the journal's", () => {
      const directory = good();
      appendFileSync(join(directory, "bundle-pre-destroy.yaml"), "more\n");
      appendFileSync(journal(directory), "{}\n");
      expect(found(directory)).to.deep.equal([
        [
          "journal-changed",
          "line 24 of journal.jsonl is no event, and no crash is on record that left it so",
        ],
        ["capture-changed", "bundle-pre-destroy.yaml was changed since"],
      ]);
      expect(renderText(auditOfRun(ofLab(up, destroyed), directory))).to.contain(
        "DOES NOT HOLD: bundle-pre-destroy.yaml was changed since",
      );
    });

    it("names the line after one that was edited, cut out, or added by hand", () => {
      for (const change of [
        (lines: string[]) => lines.map((line) => line.replace("jessea123", "somebody")),
        (lines: string[]) => lines.toSpliced(1, 1),
        (lines: string[]) => lines.toSpliced(2, 0, lines[1] ?? ""),
      ]) {
        const directory = good();
        edit(directory, change);
        const [[code, what = ""] = []] = found(directory);
        expect(code).to.equal("journal-changed");
        expect(what).to.match(/^line [23] of journal.jsonl does not follow from the line before it/);
      }
    });

    it("notices that the end was cut off, by the report that vouches for it", () => {
      const directory = good();
      makeReport(directory);
      expect(found(directory)).to.deep.equal([]);
      const last = auditOfRun(ofLab(), directory).entries[0]?.run?.digest;
      expect(renderText(auditOfRun(ofLab(), directory))).to.contain(`journal.jsonl ends with ${last}`);
      edit(directory, (lines) => lines.slice(0, -1));
      expect(found(directory).map(([code]) => code)).to.deep.equal(["journal-cut"]);
    });

    it("does not blame a report of an earlier destroy, nor a journal of version 1", () => {
      const directory = good();
      makeReport(directory);
      const events = [...goodRun(hostnamesOf(2)), ...story([]).at(500, started()).events.slice(1)];
      writeFileSync(journal(directory), journalOf(events));
      expect(found(directory)).to.deep.equal([]);
      writeFileSync(
        journal(directory),
        goodRun(hostnamesOf(2))
          .map((event) => `${JSON.stringify({ v: 1, ...event })}\n`)
          .join(""),
      );
      rmSync(join(directory, "report.json"));
      expect(found(directory)).to.deep.equal([]);
    });

    it("names a run without a journal, or with an empty one", () => {
      const directory = good();
      const lab = { maasUrl: "", machines: [] };
      const record = {
        v: 1,
        project: "openstack-lab",
        stack: "lab",
        opened: "2026-11-22T14:00:00.000Z",
        lab,
      };
      writeFileSync(join(directory, "run.json"), JSON.stringify(record));
      writeFileSync(journal(directory), "");
      expect(found(directory).map(([code]) => code)).to.deep.equal(["no-journal"]);
      rmSync(journal(directory));
      expect(found(directory).map(([code]) => code)).to.deep.equal(["no-journal"]);
    });

    it("names a run that is in two directories, each by the other", () => {
      const directory = good();
      const copy = `${directory}-2`;
      cpSync(directory, copy, { recursive: true });
      expect(found(directory)).to.deep.equal([
        ["same-run", `${copy} holds the same run`],
        ["same-run", `${directory} holds the same run`],
      ]);
    });

    it("names a journal of a newer version", () => {
      const directory = good();
      edit(directory, (lines) => lines.map((line) => line.replace('"v":2', '"v":3')));
      expect(found(directory)).to.deep.equal([
        ["journal-changed", "line 1 of journal.jsonl was written by a newer version of this project"],
      ]);
      expect(() => makeReport(directory)).to.throw(/newer version/);
    });
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
