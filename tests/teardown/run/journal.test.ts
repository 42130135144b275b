import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { type NewEvent, runEvent } from "../../../teardown/run/event.ts";
import {
  isClosed,
  isDestructive,
  memoryJournal,
  openJournal,
  readJournal,
} from "../../../teardown/run/journal.ts";
import { itOnSmallDisk, onSmallDisk, temporaryDirectory, worker } from "./support.ts";

const at = Date.parse("2026-11-22T14:00:00Z");
const machine = { hostname: "openstack0", systemId: "gem6xs" };
const released: NewEvent = { event: "release-called", ...machine, attempt: 1 };
const interrupted: NewEvent = { event: "interrupted", why: "cancelled by the operator" };

/** One event of each kind that there is. */
const oneOfEach: NewEvent[] = [
  {
    event: "run-opened",
    project: "p",
    stack: "s",
    model: { name: "admin/openstack", uuid: "u", controller: "c" },
    machines: [machine],
  },
  { event: "run-opened", project: "p", stack: "s", machines: [] },
  {
    event: "destroy-started",
    pid: 1,
    engine: "7@8",
    user: "u",
    host: "h",
    command: "pulumi destroy",
    settings: { machines: ["a"], deadline: 1 },
  },
  { event: "versions", seen: { juju: "3.6.28" } },
  {
    event: "guards-passed",
    findings: [{ guard: "host", subject: "h", verdict: "ok", found: "the host" }],
    took: 1,
  },
  {
    event: "guards-refused",
    findings: [
      {
        guard: "machine",
        subject: "m",
        verdict: "refused",
        found: "is locked",
        expected: "e",
        next: "n",
        machine: "m",
      },
    ],
    took: 1,
  },
  { event: "capture-started", by: "backup" },
  {
    event: "captured",
    by: "backup",
    engine: "7@8",
    files: [{ name: "f", bytes: 1, sha256: "s" }],
    withoutBundle: false,
    took: 2,
  },
  { event: "capture-failed", by: "provider", why: "no juju", took: 2 },
  { event: "destroy-model-called", uuid: "u", attempt: 1 },
  { event: "destroy-model-answered", uuid: "u", attempt: 1, kind: "reported-gone", text: "", took: 3 },
  { event: "remove-machines-called", uuid: "u", ids: ["0", "1"] },
  { event: "remove-machines-answered", uuid: "u", complaints: [], took: 3 },
  { event: "model-state", uuid: "u", state: "dying", text: "" },
  released,
  { event: "release-answered", ...machine, attempt: 1, kind: "accepted", reason: "Releasing", took: 4 },
  { event: "machine-state", ...machine, from: "", to: "Deployed", seenBy: "look" },
  { event: "done", resource: "openstack0", text: "Ready", took: 5 },
  { event: "stopped", resource: "openstack0", code: "machine", message: "two\nlines" },
  interrupted,
  { event: "exit-criteria", met: true, lines: ["met"], took: 6 },
  { event: "run-closed", outcome: "complete", took: 7, nextStep: "02-deploy.md" },
];

describe("journal", () => {
  const directory = temporaryDirectory();
  const file = () => join(directory(), "journal.jsonl");
  const open = () => openJournal(file(), () => at);
  const names = () => readJournal(file()).map(({ event }) => event);

  it("is tested with every kind of event that there is", () => {
    const kinds = runEvent.options.map(({ shape }) => shape.event.value).sort();
    expect([...new Set(oneOfEach.map(({ event }) => event))].sort()).to.deep.equal(kinds);
  });

  it("reads back each event as it was written, with its version and its time, one line each", () => {
    const journal = open();
    for (const event of oneOfEach) journal.write(event);
    expect(journal.events()).to.deep.equal(
      oneOfEach.map((event) => ({ v: 1, at: "2026-11-22T14:00:00.000Z", ...event })),
    );
    expect(readFileSync(file(), "utf8").trimEnd().split("\n")).to.have.length(oneOfEach.length);
  });

  it("is the same in memory as on the disk, for any events", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...oneOfEach), { maxLength: 8 }), fc.string(), (events, text) => {
        writeFileSync(file(), "");
        const all: NewEvent[] = [...events, { event: "interrupted", why: text }];
        const memory = memoryJournal(() => at);
        const disk = open();
        for (const event of all) {
          memory.write(event);
          disk.write(event);
        }
        expect(disk.events()).to.deep.equal(memory.events());
      }),
      { numRuns: 25 },
    );
  });

  it("hands out copies: who changes the list changes no journal", () => {
    const memory = memoryJournal(() => at);
    memory.write(interrupted);
    memory.events().pop();
    expect(memory.events()).to.have.length(1);
  });

  it("is empty while there is no file, and opening it writes none", () => {
    expect(open().events()).to.deep.equal([]);
    expect(existsSync(file())).to.equal(false);
  });

  it("is readable for its owner alone", () => {
    const before = process.umask(0);
    try {
      open().write(interrupted);
    } finally {
      process.umask(before);
    }
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
  });

  it("drops a last line that a crash has torn, wherever it was torn, and loses nothing that comes after", () => {
    open().write(interrupted);
    const whole = readFileSync(file());
    for (let length = 1; length < whole.length; length++) {
      writeFileSync(file(), Buffer.concat([whole, whole.subarray(0, length)]));
      const torn = length < whole.length - 1 ? 1 : 2;
      expect(names(), `torn after ${length}`).to.have.length(torn);
      open().write(released);
      expect(names().at(-1), `torn after ${length}`).to.equal("release-called");
      expect(names(), `torn after ${length}`).to.have.length(torn + 1);
    }
  });

  it("drops what it did not write: other versions, other events, other files' lines", () => {
    open().write(interrupted);
    const strange = [
      '{"v":2,"at":"2026-11-22T14:00:00.000Z","event":"interrupted","why":"x"}',
      '{"v":1,"at":"2026-11-22T14:00:00.000Z","event":"invented"}',
      '{"v":1,"at":"yesterday","event":"interrupted","why":"x"}',
      '{"v":1,"at":"2026-11-22T14:00:00.000Z","event":"release-called"}',
      "null",
      "[]",
      "",
      "\u0000\u0000\u0000",
      "not json",
    ];
    appendFileSync(file(), `${strange.join("\n")}\n`);
    open().write(released);
    expect(names()).to.deep.equal(["interrupted", "release-called"]);
  });

  it("keeps the events of two that write by turns", () => {
    const [one, other] = [open(), open()];
    one.write(interrupted);
    other.write(released);
    one.write(interrupted);
    expect(names()).to.deep.equal(["interrupted", "release-called", "interrupted"]);
    expect(one.events()).to.deep.equal(other.events());
  });

  it("holds an event for everybody else as soon as write has returned, even if its process is killed then", async () => {
    const writer = worker(
      `import { openJournal } from "./teardown/run/journal.ts";
       openJournal(process.argv[1], Date.now).write(${JSON.stringify(released)});
       console.log("written");
       setInterval(() => {}, 1000);`,
      [file()],
    );
    expect(await writer.line()).to.equal("written");
    expect(names()).to.deep.equal(["release-called"]);
    await writer.kill();
    expect(names()).to.deep.equal(["release-called"]);
  });

  it("throws when an event cannot be written: what is not on record must not be done", () => {
    mkdirSync(file());
    expect(() => open().write(released)).to.throw(/EISDIR/);
  });

  itOnSmallDisk(
    "throws on a full disk, even when a part of the line fits, and goes on whole when there is room again",
    () => {
      onSmallDisk(directory(), "size=16k", (disk, remount) => {
        const journal = openJournal(join(disk, "journal.jsonl"), () => at);
        journal.write(interrupted);
        expect(() =>
          journal.write({ event: "stopped", resource: "r", code: "c", message: "x".repeat(40_000) }),
        ).to.throw(/ENOSPC/);
        remount("size=64k");
        journal.write(released);
        expect(journal.events().map(({ event }) => event)).to.deep.equal(["interrupted", "release-called"]);
      });
    },
  );
});

describe("journal: what a run has come to", () => {
  const eventsOf = (...events: NewEvent[]) => {
    const journal = memoryJournal(() => at);
    for (const event of events) journal.write(event);
    return journal.events();
  };

  it("is destructive with the first call that destroys, answered or not, and with nothing else", () => {
    for (const event of oneOfEach) {
      const destroys = event.event === "release-called" || event.event === "destroy-model-called";
      expect(isDestructive(eventsOf(event)), event.event).to.equal(destroys);
    }
    expect(isDestructive([])).to.equal(false);
  });

  it("is closed by run-closed, and by nothing else", () => {
    for (const event of oneOfEach)
      expect(isClosed(eventsOf(event)), event.event).to.equal(event.event === "run-closed");
    expect(isClosed([])).to.equal(false);
  });
});
