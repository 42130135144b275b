import { join } from "node:path";
import { expect } from "chai";
import { openRun } from "../../../teardown/run/run-directory.ts";
import { typicalDurations } from "../../../teardown/run/typical-durations.ts";
import { modelUuid, recordedLab } from "../support/fakes.ts";
import { temporaryDirectory } from "./support.ts";

describe("typical durations", () => {
  const directory = temporaryDirectory();
  const runThatTook = (second: number, model: number, machines: number[], closed = true) => {
    const key = { backupRoot: directory(), backupLabel: "pre", project: "p", stack: `s${second}`, modelUuid };
    const { journal } = openRun(
      key,
      recordedLab(),
      () => Date.parse("2026-11-22T14:00:00Z") + second * 1_000,
    );
    journal.write({ event: "done", resource: "admin/openstack", text: "", took: model });
    for (const took of machines) journal.write({ event: "done", resource: "openstack0", text: "", took });
    if (closed) journal.write({ event: "run-closed", outcome: "complete", took: 1, nextStep: "" });
  };
  const typical = () => typicalDurations(directory(), "pre");

  it("are unknown without a finished run, or a backup root", () => {
    expect(typical()).to.deep.equal({ model: undefined, machine: undefined });
    expect(typicalDurations(join(directory(), "nothing"), "pre")).to.deep.equal({
      model: undefined,
      machine: undefined,
    });
    runThatTook(1, 10, [20], false);
    expect(typical()).to.deep.equal({ model: undefined, machine: undefined });
  });

  it("take the reaping for the model's, and not for a machine's", () => {
    const key = { backupRoot: directory(), backupLabel: "pre", project: "p", stack: "s", modelUuid };
    const { journal } = openRun(key, recordedLab(), () => Date.parse("2026-11-22T14:00:00Z"));
    const done = { admin: 10, reaping: 600, openstack0: 100 };
    journal.write({ event: "done", resource: "admin/openstack", text: "", took: done.admin });
    journal.write({ event: "done", resource: "openstack0", text: "", took: done.openstack0 });
    journal.write({ event: "done", resource: "reaping", text: "", took: done.reaping });
    journal.write({ event: "run-closed", outcome: "complete", took: 1, nextStep: "" });
    expect(typical()).to.deep.equal({ model: 600, machine: 100 });
  });

  it("are the medians of the newest three finished runs", () => {
    runThatTook(1, 9_999, [9_999, 9_999, 9_999, 9_999]);
    runThatTook(2, 100, [1, 2]);
    runThatTook(3, 300, [3]);
    runThatTook(4, 200, [4, 5]);
    runThatTook(5, 7, [7], false);
    expect(typical()).to.deep.equal({ model: 200, machine: 3 });
  });
});
