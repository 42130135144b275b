import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { takeCapture } from "../../../teardown/capture.ts";
import { makeReport } from "../../../teardown/report/write-report.ts";
import { captureFiles, outcomesLeft, verifiedCapture } from "../../../teardown/run/captured.ts";
import { readText, writePartial, writeWhole } from "../../../teardown/run/files.ts";
import { takeLock } from "../../../teardown/run/lock.ts";
import { findOpenRun, openRun, type Run } from "../../../teardown/run/run-directory.ts";
import { fakeJuju, modelUuid, problemOf, quickClock, recordedLab, settingsWith } from "../support/fakes.ts";
import { temporaryDirectory } from "./support.ts";

const applications = { keystone: { charm: "keystone" } };

/** What somebody else may have put where a file of a run directory is to be. */
const planted = {
  "a link to nowhere": (path: string, target: string) => symlinkSync(target, path),
  "a link to another file": (path: string, target: string) => {
    writeFileSync(target, "theirs");
    symlinkSync(target, path);
  },
  "a folder": (path: string) => mkdirSync(path),
};

describe("a run directory in a folder that others can write to", () => {
  const directory = temporaryDirectory();
  let run: Run;
  const key = () => ({
    backupRoot: join(directory(), "backups"),
    backupLabel: "pre",
    project: "p",
    stack: "s",
    modelUuid,
  });
  beforeEach(() => {
    run = openRun(key(), recordedLab());
  });
  const captures = (by: "provider" | "backup") =>
    takeCapture(
      {
        clock: quickClock(),
        settings: settingsWith(),
        signal: new AbortController().signal,
        juju: fakeJuju([], {
          exportBundle: async () => stringify({ applications }),
          statusYaml: async () => stringify({ model: { name: "openstack" }, applications }),
          modelsYaml: async () => stringify({ models: [{ "model-uuid": modelUuid, life: "alive" }] }),
        }),
      },
      run,
      { by, engine: "1@1" },
    );
  const isFolder = (path: string) => lstatSync(path).isDirectory();

  /** What is done with the file of a name, and what must come of it, whatever was put there. */
  const uses: Record<string, (path: string) => Promise<void>> = {
    ...Object.fromEntries(
      Object.values(captureFiles).map((name) => [
        name,
        async (path: string) => {
          await captures("provider");
          expect(lstatSync(path).isFile()).to.equal(true);
          expect(verifiedCapture(run.directory, run.journal.events())).to.have.length(3);
          expect(
            readdirSync(run.directory).filter((each) => each.startsWith(`${name}.before-`)),
          ).to.have.length(1);
        },
      ]),
    ),
    "capture.json": async (path) => {
      expect(outcomesLeft(run.directory)).to.deep.equal([]);
      if (isFolder(path)) {
        expect((await problemOf(captures("backup"))).message).to.match(/^no verified capture: EISDIR/);
        return;
      }
      await captures("backup");
      expect(lstatSync(path).isFile()).to.equal(true);
      expect(outcomesLeft(run.directory)).to.have.length(1);
    },
    lock: async (path) => {
      const { code, message } = await problemOf(takeLock(path, undefined, 25_000));
      expect(code).to.equal("run");
      expect(message).to.include("its lock does not say which process");
      expect(message).to.include(`rm -r '${path}' && pulumi destroy`);
    },
    "journal.jsonl": async () => {
      expect(run.journal.events()).to.deep.equal([]);
      expect((await problemOf(() => run.journal.write({ event: "versions", seen: {} }))).message).to.match(
        /^the journal cannot be written: (ELOOP|EISDIR)/,
      );
      const { code, message } = await problemOf(() => findOpenRun(key()));
      expect(code).to.equal("run");
      expect(message).to.include("line 1 of journal.jsonl is no event");
    },
    "run.json": async () => {
      expect(findOpenRun(key())).to.equal(undefined);
    },
    "report.json": async (path) => {
      if (isFolder(path))
        expect((await problemOf(() => makeReport(run.directory))).message).to.match(/EISDIR/);
      else makeReport(run.directory);
    },
    "report.html": async (path) => {
      if (isFolder(path))
        expect((await problemOf(() => makeReport(run.directory))).message).to.match(/EISDIR/);
      else makeReport(run.directory);
    },
  };

  for (const [name, use] of Object.entries(uses))
    for (const [what, plant] of Object.entries(planted))
      it(`${name} is ${what}: it is not followed`, async () => {
        const path = join(run.directory, name);
        const target = join(directory(), "target");
        rmSync(path, { force: true });
        plant(path, target);
        await use(path);
        if (what === "a link to another file") expect(readFileSync(target, "utf8")).to.equal("theirs");
        else expect(existsSync(target)).to.equal(false);
      });

  it("does not go on with a run whose record is a link, not even to a good one", () => {
    expect(findOpenRun(key())?.directory).to.equal(run.directory);
    const record = join(run.directory, "run.json");
    renameSync(record, join(directory(), "target"));
    symlinkSync(join(directory(), "target"), record);
    expect(findOpenRun(key())).to.equal(undefined);
  });

  it("reads nothing but files, and waits for no pipe", () => {
    const path = join(directory(), "file");
    writeWhole(path, "ours");
    symlinkSync(path, join(directory(), "link"));
    mkdirSync(join(directory(), "folder"));
    expect(readText(path)).to.equal("ours");
    expect(() => readText(join(directory(), "link"))).to.throw(/ELOOP/);
    expect(() => readText(join(directory(), "folder"))).to.throw(/EISDIR/);
    expect(() => readText(join(directory(), "nothing"))).to.throw(/ENOENT/);
    expect(() => readText("/dev/null")).to.throw(/EISDIR/);
  });

  it("writes under names that cannot be foreseen", () => {
    const names = new Set<string>();
    for (let times = 0; times < 3; times++) names.add(writePartial(join(directory(), "a"), "x"));
    expect(names.size).to.equal(3);
    for (const name of names) expect(name).to.match(/\/a\.[0-9a-f-]{36}\.partial$/);
  });
});
