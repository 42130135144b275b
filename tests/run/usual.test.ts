import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openJournal } from "../../run/journal.ts";
import { usualDurations } from "../../run/usual.ts";

describe("usual durations", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "usual-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const run = (day: number, machine: number, model: number, closed: boolean) => {
    const directory = join(root, `label-202611${day}T000000Z`);
    mkdirSync(directory);
    const journal = openJournal(join(directory, "journal.jsonl"), Date.now);
    journal.write({
      event: "run-opened",
      project: "p",
      stack: "s",
      model: { name: "admin/openstack", uuid: "u", controller: "c" },
      machines: [],
    });
    journal.write({ event: "done", resource: "openstack0", text: "", took: machine });
    journal.write({ event: "done", resource: "admin/openstack", text: "", took: model });
    if (closed) journal.write({ event: "run-closed", outcome: "complete", took: 1, nextStep: "" });
  };

  it("are the medians of the newest finished runs", () => {
    run(10, 1, 1, true);
    run(11, 200, 2_000, true);
    run(12, 300, 3_000, true);
    run(13, 100, 1_000, true);
    run(14, 999_999, 999_999, false);
    expect(usualDurations(root, "label")).to.deep.equal({ machine: 200, model: 2_000 });
  });

  it("are unknown without a finished run, or without a backup root", () => {
    run(14, 5, 5, false);
    expect(usualDurations(root, "label")).to.deep.equal({ machine: undefined, model: undefined });
    expect(usualDurations(join(root, "nowhere"), "label")).to.deep.equal({
      machine: undefined,
      model: undefined,
    });
  });
});
