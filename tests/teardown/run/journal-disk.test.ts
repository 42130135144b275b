import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

const machine = { hostname: "openstack0", systemId: "abc123" };
const events = [
  { event: "release-called", ...machine, attempt: 1 },
  { event: "machine-state", ...machine, from: "", to: "Deployed", seenBy: "look" },
  { event: "release-called", hostname: "openstack1", systemId: "abc124", attempt: 1 },
  { event: "done", resource: "openstack0", text: "", took: 1 },
  { event: "stopped", resource: "openstack1", code: "machine", message: "" },
];

// A process of its own, in which each fsync is seen.
const program = (file: string) => `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const real = fs.fsyncSync;
  let synced = false;
  fs.fsyncSync = (handle) => { synced = true; real(handle); };
  syncBuiltinESMExports();
  const { openJournal } = await import(${JSON.stringify(new URL("../../../teardown/run/journal.ts", import.meta.url).href)});
  const journal = openJournal(${JSON.stringify(file)}, () => 0);
  for (const event of ${JSON.stringify(events)}) {
    synced = false;
    journal.write(event);
    console.log(event.event, synced, journal.events().length);
  }`;

describe("the journal and the disk", () => {
  it("has each line on the disk before the logic goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "journal-"));
    try {
      const { stdout } = await execa(process.execPath, [
        "--input-type=module",
        "-e",
        program(join(folder, "journal.jsonl")),
      ]);
      expect(stdout.split("\n")).to.deep.equal([
        "release-called true 1",
        "machine-state true 2",
        "release-called true 3",
        "done true 4",
        "stopped true 5",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
