import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { TeardownError } from "../../../teardown/errors.ts";
import type { LabRecord } from "../../../teardown/record.ts";
import {
  findOpenRun,
  inHome,
  keepRecord,
  openRun,
  type Run,
  type RunKey,
  stamp,
} from "../../../teardown/run/run-directory.ts";
import { itOnSmallDisk, onSmallDisk, temporaryDirectory } from "./support.ts";

const model = { name: "admin/openstack", uuid: "uuid-1", controller: "maas-lab", controllerUuid: "c-1" };
const machine = (hostname: string, systemId: string) => ({ hostname, systemId, owner: "admin" });
const [first, second] = [machine("openstack0", "aaa111"), machine("openstack1", "bbb222")];
const lab: LabRecord = { model, maasUrl: "http://maas:5240/MAAS", machines: [first, second] };
const start = Date.parse("2026-11-22T14:00:00Z");
const at = (seconds: number) => () => start + seconds * 1_000;

describe("run directory", () => {
  const directory = temporaryDirectory();
  const root = () => join(directory(), "backups");
  const key = (more: Partial<RunKey> = {}): RunKey => ({
    backupRoot: root(),
    backupLabel: "pre-destroy",
    project: "openstack-lab",
    stack: "lab",
    modelUuid: "uuid-1",
    ...more,
  });
  const close = (run: Run) =>
    run.journal.write({ event: "run-closed", outcome: "complete", took: 1, nextStep: "" });
  const recordOf = (run: Run) => JSON.parse(readFileSync(join(run.directory, "run.json"), "utf8"));
  const problem = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof TeardownError && error.code === "run") return error.message;
      throw error;
    }
    throw new Error("expected a problem");
  };

  it("is named after the label and the time, is its owner's alone, and says what it is for", () => {
    const run = openRun(key(), lab, at(0));
    expect(run.directory).to.equal(join(root(), "pre-destroy-20261122T140000Z"));
    expect(statSync(run.directory).mode & 0o777).to.equal(0o700);
    expect(statSync(join(run.directory, "run.json")).mode & 0o777).to.equal(0o600);
    expect(recordOf(run)).to.deep.equal({
      v: 1,
      project: "openstack-lab",
      stack: "lab",
      opened: "2026-11-22T14:00:00.000Z",
      lab,
    });
    expect(run.journal.events()).to.deep.equal([
      {
        at: "2026-11-22T14:00:00.000Z",
        event: "run-opened",
        project: "openstack-lab",
        stack: "lab",
        model: { name: model.name, uuid: model.uuid, controller: model.controller },
        machines: [
          { hostname: "openstack0", systemId: "aaa111" },
          { hostname: "openstack1", systemId: "bbb222" },
        ],
      },
    ]);
  });

  it("is its owner's alone whatever the umask", () => {
    const before = process.umask(0);
    try {
      const run = openRun(key(), lab, at(0));
      expect(statSync(run.directory).mode & 0o777).to.equal(0o700);
      expect(statSync(root()).mode & 0o777).to.equal(0o700);
    } finally {
      process.umask(before);
    }
  });

  it("is continued by the next destroy, without a word in the journal", () => {
    const run = openRun(key(), lab, at(0));
    const again = openRun(key(), lab, at(100));
    expect(again.directory).to.equal(run.directory);
    expect(again.journal.events()).to.have.length(1);
    expect(readdirSync(root())).to.have.length(1);
  });

  it("is not continued once it is closed", () => {
    close(openRun(key(), lab, at(0)));
    expect(findOpenRun(key())).to.equal(undefined);
    expect(openRun(key(), lab, at(100)).directory).to.match(/T140140Z$/);
    expect(readdirSync(root())).to.have.length(2);
  });

  it("is not found behind a newer one that is closed: what it knew is history", () => {
    const old = openRun(key(), lab, at(0));
    cpSync(old.directory, join(root(), `pre-destroy-${stamp(start + 5_000)}`), { recursive: true });
    const newer = findOpenRun(key());
    expect(newer?.directory).to.match(/T140005Z$/);
    if (newer) close(newer);
    expect(findOpenRun(key())).to.equal(undefined);
  });

  it("is that of one stack of one project", () => {
    openRun(key(), lab, at(0));
    expect(findOpenRun(key())).to.not.equal(undefined);
    expect(findOpenRun(key({ stack: "other" }))).to.equal(undefined);
    expect(findOpenRun(key({ project: "other" }))).to.equal(undefined);
    expect(openRun(key({ stack: "other" }), lab, at(10)).directory).to.match(/T140010Z$/);
  });

  it("is that of one model; the newest one when no model is asked for", () => {
    const run = openRun(key(), lab, at(0));
    const rebuilt = { ...lab, model: { ...model, uuid: "uuid-2" } };
    expect(findOpenRun(key({ modelUuid: "uuid-2" }))).to.equal(undefined);
    const other = openRun(key({ modelUuid: "uuid-2" }), rebuilt, at(10));
    expect(other.directory).to.not.equal(run.directory);
    expect(findOpenRun(key())?.directory).to.equal(run.directory);
    expect(findOpenRun(key({ modelUuid: undefined }))?.directory).to.equal(other.directory);
  });

  it("is that of a lab without a model when the key says so", () => {
    openRun(key(), lab, at(0));
    expect(findOpenRun(key({ modelUuid: "" }))).to.equal(undefined);
    const { model: _, ...withoutModel } = lab;
    const run = openRun(key({ modelUuid: "" }), withoutModel, at(10));
    expect(run.journal.events()[0]).to.not.have.property("model");
    expect(findOpenRun(key({ modelUuid: "" }))?.directory).to.equal(run.directory);
  });

  it("has a name of its own when several begin within a second", () => {
    const directories = Array.from(
      { length: 11 },
      (_, number) => openRun(key({ stack: `lab${number}` }), lab, at(0)).directory,
    );
    expect(new Set(directories).size).to.equal(11);
    expect(directories[10]).to.match(/T140000Z-11$/);
    close(openRun(key({ stack: "lab8" }), lab, at(0)));
    for (const directory of directories.slice(9)) {
      const record = JSON.parse(readFileSync(join(directory, "run.json"), "utf8"));
      writeFileSync(join(directory, "run.json"), JSON.stringify({ ...record, stack: "lab8" }));
    }
    expect(findOpenRun(key({ stack: "lab8" }))?.directory).to.match(/T140000Z-11$/);
  });

  it("is not mistaken for that of a label that begins with the same words", () => {
    const run = openRun(key(), lab, at(0));
    close(openRun(key({ backupLabel: "pre-destroy-old" }), lab, at(5)));
    expect(findOpenRun(key())?.directory).to.equal(run.directory);
  });

  it("is not found where its record is missing, broken or of another version", () => {
    const run = openRun(key(), lab, at(0));
    const record = recordOf(run);
    const broken = [
      "",
      "{",
      "null",
      JSON.stringify({ ...record, v: 2 }),
      JSON.stringify({ ...record, lab: {} }),
    ];
    for (const text of broken) {
      writeFileSync(join(run.directory, "run.json"), text);
      expect(findOpenRun(key()), text).to.equal(undefined);
    }
    rmSync(join(run.directory, "run.json"));
    expect(findOpenRun(key())).to.equal(undefined);
  });

  describe("with a journal that cannot be relied on", () => {
    const journalOf = (run: Run) => join(run.directory, "journal.jsonl");
    const edit = (run: Run, change: (text: string) => string) =>
      writeFileSync(journalOf(run), change(readFileSync(journalOf(run), "utf8")));
    const begun = () => {
      const run = openRun(key(), lab, at(0));
      run.journal.write({ event: "destroy-model-called", uuid: "uuid-1", attempt: 1 });
      return run;
    };
    const refusal = (run: Run) => {
      const before = readFileSync(journalOf(run), "utf8");
      const message = problem(() => openRun(key(), lab, at(100)));
      expect(readFileSync(journalOf(run), "utf8")).to.equal(before);
      expect(readdirSync(root())).to.have.length(1);
      expect(message).to.include(`mv '${run.directory}' '${run.directory}.aside' && pulumi destroy`);
      return message;
    };

    it("is refused when a line was edited or cut out, naming the line", () => {
      const run = begun();
      edit(run, (text) => text.replace("openstack0", "openstack9"));
      expect(refusal(run)).to.include("line 2 of journal.jsonl does not follow from the line before it");
      const [, second = ""] = readFileSync(journalOf(run), "utf8").split("\n");
      edit(run, () => `${second}\n`);
      expect(refusal(run)).to.include("line 1 of journal.jsonl does not follow");
    });

    it("is refused when a newer version wrote it, also when that run may be closed", () => {
      const run = begun();
      close(run);
      edit(run, (text) => text.replaceAll('"v":2', '"v":3'));
      expect(refusal(run)).to.include("written by a newer version").and.to.include("Use the version that");
    });

    it("is refused when the beginning is missing, in a journal of any version", () => {
      const run = begun();
      edit(
        run,
        () =>
          '{"v":1,"at":"2026-11-22T14:00:00.000Z","event":"release-called","hostname":"h","systemId":"s","attempt":1}\n',
      );
      expect(refusal(run)).to.include("line 1 of journal.jsonl is not the beginning of a run");
    });

    it("is refused when it is lost and a capture is there", () => {
      const run = begun();
      writeFileSync(join(run.directory, "SHA256SUMS"), "");
      edit(run, () => "");
      expect(refusal(run)).to.include("it is empty or missing, although there is a capture");
    });

    it("gives way to a run of its own when it was moved aside", () => {
      const run = begun();
      edit(run, (text) => text.replace("openstack0", "openstack9"));
      renameSync(run.directory, `${run.directory}.aside`);
      expect(openRun(key(), lab, at(100)).directory).to.match(/T140140Z$/);
    });

    it("is passed over once it is closed: audit tells of it", () => {
      const run = begun();
      close(run);
      edit(run, (text) => text.replace("openstack0", "openstack9"));
      expect(findOpenRun(key())).to.equal(undefined);
      expect(problem(() => findOpenRun(key({ alsoClosed: true })))).to.include("line 2");
    });
  });

  it("is not taken up when it holds nothing: a crash of the first version left it", () => {
    const run = openRun(key(), lab, at(0));
    writeFileSync(join(run.directory, "journal.jsonl"), "");
    expect(openRun(key(), lab, at(100)).directory).to.match(/T140140Z$/);
  });

  it("appears with its record and its first line at once, and leaves nothing when it cannot be made", () => {
    openRun(key(), lab, at(0));
    let calls = 0;
    const stops = () => {
      if (++calls > 2) throw new Error("no clock");
      return start;
    };
    expect(problem(() => openRun(key({ stack: "other" }), lab, stops))).to.include("no clock");
    expect(readdirSync(root())).to.deep.equal(["pre-destroy-20261122T140000Z"]);
  });

  it("gives way to what the stack says, which may have been adopted anew", () => {
    openRun(key(), lab, at(0));
    const moved = { ...lab, machines: [machine("openstack0", "ccc333"), second] };
    const run = openRun(key(), moved, at(1));
    expect(run.lab).to.deep.equal(moved);
    // Only the holder of its lock writes it down.
    expect(recordOf(run)).to.deep.include({ lab });
    keepRecord(run, moved);
    expect(recordOf(run)).to.deep.include({ lab: moved, opened: "2026-11-22T14:00:00.000Z" });
    expect(readdirSync(root())).to.have.length(1);
  });

  it("cannot be made in a file's place, and says so with what to type", () => {
    writeFileSync(root(), "");
    const message = problem(() => openRun(key(), lab, at(0)));
    expect(message).to.include(root()).and.to.include("Nothing was touched.");
    expect(message).to.include("pulumi destroy -c backupRoot=<folder>");
    expect(problem(() => findOpenRun(key()))).to.include("ENOTDIR");
  });

  itOnSmallDisk("cannot be made on a read-only or a full disk, and says so", () => {
    onSmallDisk(directory(), "size=16k", (disk, remount) => {
      const there = key({ backupRoot: join(disk, "backups") });
      writeFileSync(join(disk, "filler"), "x".repeat(16 * 1024));
      expect(problem(() => openRun(there, lab, at(0)))).to.match(/no run directory can be made.*ENOSPC/);
      expect(findOpenRun(there)).to.equal(undefined);
      remount("ro");
      expect(problem(() => openRun(there, lab, at(1)))).to.match(/no run directory can be made.*EROFS/);
    });
  });

  it("reads ~ as the shell does", () => {
    expect(inHome("~")).to.equal(join(homedir(), ""));
    expect(inHome("~/backups")).to.equal(join(homedir(), "backups"));
    expect(inHome("~other/backups")).to.equal("~other/backups");
    expect(inHome("/srv/~")).to.equal("/srv/~");
  });

  it("spells a time as the runbook does", () => {
    expect(stamp(Date.parse("2026-11-22T14:00:59.999Z"))).to.equal("20261122T140059Z");
  });

  it("is not disturbed by other things in the backup root", () => {
    mkdirSync(join(root(), "pre-destroy-20261122T150000Z"), { recursive: true });
    writeFileSync(join(root(), "pre-destroy-20261122T160000Z"), "a file");
    writeFileSync(join(root(), "notes.txt"), "");
    const run = openRun(key(), lab, at(0));
    expect(findOpenRun(key())?.directory).to.equal(run.directory);
  });
});
