import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { report } from "../../teardown/report.ts";
import { openRun } from "../../teardown/run/run-directory.ts";
import { modelUuid, recordedLab } from "./support/fakes.ts";

describe("teardown: its report", () => {
  let backupRoot = "";
  beforeEach(() => {
    backupRoot = mkdtempSync(join(tmpdir(), "teardown-report-"));
  });
  afterEach(() => rmSync(backupRoot, { recursive: true, force: true }));

  const reportOfALab = async (count: number) => {
    const machines = Array.from({ length: count }, (_, at) => ({
      hostname: `node${at}`,
      systemId: String(100_000 + at),
      owner: "juju",
      powerType: "ipmi",
    }));
    const place = { backupRoot, backupLabel: "l", project: "p", stack: "s", modelUuid };
    const run = openRun(place, recordedLab({ machines }), "whole", Date.now);
    await report(run);
    expect(existsSync(join(run.directory, "report.html"))).to.equal(true);
    return JSON.parse(readFileSync(join(run.directory, "report.json"), "utf8")) as {
      results: { kind: string }[];
    };
  };

  it("is written for a lab of two machines, and by another process for one of sixty", async () => {
    expect((await reportOfALab(2)).results.filter(({ kind }) => kind === "machine")).to.have.length(2);
    expect((await reportOfALab(60)).results.filter(({ kind }) => kind === "machine")).to.have.length(60);
  });
});
