import { hash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
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
  verifyChain,
} from "../../../teardown/run/journal.ts";
import { itOnSmallDisk, onSmallDisk, temporaryDirectory, worker } from "./support.ts";

const at = Date.parse("2026-11-22T14:00:00Z");
const machine = { hostname: "openstack0", systemId: "gem6xs" };
const released: NewEvent = { event: "release-called", ...machine, attempt: 1 };
const interrupted: NewEvent = { event: "interrupted", why: "cancelled by the operator" };

const opened: NewEvent = { event: "run-opened", project: "p", stack: "s", machines: [] };

/** One event of each kind that there is. */
const oneOfEach: NewEvent[] = [
  {
    event: "run-opened",
    project: "p",
    stack: "s",
    model: { name: "admin/openstack", uuid: "u", controller: "c" },
    machines: [machine],
  },
  opened,
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
    findings: [{ code: "host", verdict: "ok", host: "h" }],
    took: 1,
  },
  {
    event: "guards-refused",
    findings: [
      {
        code: "words",
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
  {
    event: "unlisted-permitted",
    findings: [{ code: "unlisted", verdict: "note", hostname: "extra", id: "ccc222", inMaas: true }],
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
  { event: "snapshot-started", command: ["lxc"] },
  { event: "snapshot-ended", exitCode: 0, end: "done", output: "", took: 2 },
  { event: "destroy-model-called", uuid: "u", attempt: 1 },
  { event: "destroy-model-answered", uuid: "u", attempt: 1, kind: "reported-gone", text: "", took: 3 },
  { event: "remove-machines-called", uuid: "u", ids: ["0", "1"] },
  { event: "remove-machines-answered", uuid: "u", complaints: [], took: 3 },
  { event: "model-state", uuid: "u", state: "dying", text: "" },
  released,
  { event: "release-answered", ...machine, attempt: 1, kind: "accepted", reason: "Releasing", took: 4 },
  { event: "machine-state", ...machine, from: "", to: "Deployed", seenBy: "look" },
  {
    event: "done",
    resource: "openstack0",
    kind: "machine",
    states: [{ at: "2026-11-22T14:00:00.000Z", state: "Ready" }],
    failures: ["no power"],
    text: "Ready",
    took: 5,
  },
  {
    event: "stopped",
    resource: "openstack0",
    code: "deadline",
    reason: { why: "deadline", after: 1 },
    message: "too late",
  },
  { event: "stopped", resource: "openstack0", code: "machine", message: "two\nlines" },
  interrupted,
  {
    event: "exit-criteria",
    met: true,
    criteria: [{ met: false, subject: "m", found: "f", next: "n" }],
    took: 6,
  },
  { event: "torn", bytes: 7, sha256: "s" },
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

  it("reads back each event as it was written, with its time, one line each", () => {
    const journal = open();
    for (const event of oneOfEach) journal.write(event);
    expect(journal.events()).to.deep.equal(
      oneOfEach.map((event) => ({ at: "2026-11-22T14:00:00.000Z", ...event })),
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

  it("keeps a last line that a crash has torn, wherever it was torn, and says so before what comes after", () => {
    open().write(opened);
    const first = readFileSync(file());
    open().write(interrupted);
    const second = readFileSync(file()).subarray(first.length);
    for (let length = 1; length < second.length; length++) {
      const fragment = second.subarray(0, length);
      writeFileSync(file(), Buffer.concat([first, fragment]));
      expect(verifyChain(file()), `torn after ${length}`).to.include({ broken: false });
      open().write(released);
      const whole = length === second.length - 1;
      expect(names(), `torn after ${length}`).to.deep.equal([
        "run-opened",
        whole ? "interrupted" : "torn",
        "release-called",
      ]);
      if (!whole)
        expect(readJournal(file())[1]).to.include({ bytes: length, sha256: hash("sha256", fragment) });
      expect(verifyChain(file()), `torn after ${length}`).to.include({ broken: false });
      expect(readFileSync(file()).includes(fragment)).to.equal(true);
    }
  });

  it("keeps a line that was torn within a character, and one that was torn again while this was written down", () => {
    open().write(opened);
    const fragment = Buffer.from('{"v":2,"at":"é').subarray(0, -1);
    appendFileSync(file(), fragment);
    open().write(released);
    expect(readJournal(file())[1]).to.include({ event: "torn", sha256: hash("sha256", fragment) });
    const lines = readFileSync(file(), "latin1").split("\n");
    // A full disk that took the beginning of the line that says so.
    writeFileSync(file(), `${lines[0]}\n${lines[1]}\n${lines[2]?.slice(0, 20)}`, "latin1");
    open().write(released);
    expect(names()).to.deep.equal(["run-opened", "torn", "release-called"]);
    expect(verifyChain(file())).to.include({ broken: false });
  });

  it("passes over what it did not write: later versions, other events, other files' lines", () => {
    open().write(interrupted);
    const strange = [
      '{"v":3,"at":"2026-11-22T14:00:00.000Z","event":"interrupted","why":"x"}',
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

  it("follows no link: what is not its own file is neither read nor written", () => {
    const other = join(directory(), "other");
    writeFileSync(other, "");
    symlinkSync(other, file());
    expect(() => open().write(released)).to.throw(/ELOOP/);
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 1, why: "unreadable" });
    expect(readFileSync(other, "utf8")).to.equal("");
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
          journal.write({ event: "stopped", resource: "r", code: "run", message: "x".repeat(40_000) }),
        ).to.throw(/ENOSPC/);
        remount("size=64k");
        journal.write(released);
        expect(journal.events().map(({ event }) => event)).to.deep.equal([
          "interrupted",
          "torn",
          "release-called",
        ]);
      });
    },
  );
});

describe("journal: the chain", () => {
  const directory = temporaryDirectory();
  const file = () => join(directory(), "journal.jsonl");
  const lines = () => readFileSync(file(), "utf8").trimEnd().split("\n");
  const rewrite = (change: (lines: string[]) => string[]) =>
    writeFileSync(file(), `${change(lines()).join("\n")}\n`);
  const write = (...events: NewEvent[]) => {
    const journal = openJournal(file(), () => at);
    for (const event of events) journal.write(event);
    return journal;
  };
  const versionOne = (...events: NewEvent[]) =>
    appendFileSync(
      file(),
      events
        .map((event) => `${JSON.stringify({ v: 1, at: "2026-11-22T14:00:00.000Z", ...event })}\n`)
        .join(""),
    );

  it("holds in each line the SHA-256 of the line before, whoever wrote that", () => {
    const journal = write(opened, interrupted);
    write(released);
    const all = lines();
    expect(all.map((line) => (JSON.parse(line) as { v: number }).v)).to.deep.equal([2, 2, 2]);
    const digests = all.map((line) => hash("sha256", line));
    expect(all.map((line) => (JSON.parse(line) as { prev: string }).prev)).to.deep.equal([
      "",
      ...digests.slice(0, -1),
    ]);
    expect(verifyChain(file())).to.deep.equal({ broken: false, digests });
    expect(journal.digest()).to.equal(digests[2]);
  });

  it("is intact without a file, and before the first line is whole", () => {
    expect(verifyChain(file())).to.deep.equal({ broken: false, digests: [] });
    writeFileSync(file(), '{"v":2,"prev":"","at":');
    expect(verifyChain(file())).to.include({ broken: false });
    write(opened);
    expect(verifyChain(file())).to.include({ broken: false });
  });

  it("names the line after which something was edited, cut out, put in or moved", () => {
    const all: NewEvent[] = [opened, interrupted, released, interrupted];
    const swap = ([a = "", b = "", c = "", d = ""]: string[]) => [a, c, b, d];
    for (const [what, change, line] of [
      ["edited", (old: string[]) => old.map((text) => text.replace("openstack0", "openstack1")), 4],
      ["cut out", (old: string[]) => old.toSpliced(1, 1), 2],
      ["the beginning cut off", (old: string[]) => old.slice(1), 1],
      ["put in", (old: string[]) => old.toSpliced(2, 0, old[1] ?? ""), 3],
      ["moved", swap, 2],
    ] as const) {
      writeFileSync(file(), "");
      write(...all);
      rewrite(change);
      expect(verifyChain(file()), what).to.deep.equal({ broken: true, line, why: "line-before" });
    }
  });

  it("is broken by a line of no version of ours, unless a crash left it and that is written down", () => {
    write(opened);
    appendFileSync(file(), "{}\n");
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 2, why: "unreadable" });
    write(released);
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 2, why: "unreadable" });
  });

  it("takes the last line of a journal of version 1 as the first link, and no such line later", () => {
    versionOne(opened);
    appendFileSync(file(), '{"v":1,"torn by a cra');
    appendFileSync(file(), "\n");
    versionOne(interrupted);
    expect(verifyChain(file())).to.include({ broken: false });
    write(released);
    const [, , last = "", first = "{}"] = lines();
    expect((JSON.parse(first) as { prev: string }).prev).to.equal(hash("sha256", last));
    expect(verifyChain(file())).to.include({ broken: false });
    rewrite((old) => old.map((line) => line.replace("cancelled", "stopped")));
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 4, why: "line-before" });
    rewrite((old) => old.map((line) => line.replace("stopped", "cancelled")));
    versionOne(interrupted);
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 5, why: "older-version" });
  });

  it("reads what version 1 held in words alone as data", () => {
    const old = [
      {
        event: "exit-criteria",
        met: false,
        lines: ["met      model a/m         gone", "NOT MET  machine h1 x1y2z3  Releasing, owned by a"],
      },
      { event: "interrupted", why: "the Pulumi engine is gone" },
      { event: "interrupted", why: "cancelled by the operator" },
      { event: "done", resource: "h1", text: "Ready", took: 1 },
    ];
    for (const event of old)
      appendFileSync(file(), `${JSON.stringify({ v: 1, at: "2026-11-22T14:00:00.000Z", ...event })}\n`);
    const [exit, gone, cancelled, done] = readJournal(file());
    expect(exit).to.deep.include({
      criteria: [
        { met: true, subject: "model a/m", found: "gone" },
        { met: false, subject: "machine h1 x1y2z3", found: "Releasing, owned by a" },
      ],
    });
    expect(gone).to.deep.include({ reason: { why: "engine-gone" } });
    expect(cancelled).to.include({ event: "interrupted" }).and.to.not.have.property("reason");
    expect(done).to.include({ event: "done", text: "Ready" });
  });

  it("is not that of a later version, nor one without its beginning", () => {
    write(opened);
    rewrite((old) => old.map((line) => line.replace('"v":2', '"v":3')));
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 1, why: "newer-version" });
    writeFileSync(file(), "");
    write(interrupted);
    expect(verifyChain(file())).to.deep.equal({ broken: true, line: 1, why: "no-beginning" });
  });
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
