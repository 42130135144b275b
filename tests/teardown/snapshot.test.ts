import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { identify } from "../../teardown/clients/engine-process.ts";
import { ensureSnapshot, judgeSnapshot } from "../../teardown/snapshot.ts";
import { contextWith, keptRow, memoryRun, problemOf, settingsWith } from "./support/fakes.ts";

describe("snapshot: the operator's own, before anything is destroyed", function () {
  this.timeout(20_000);
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "snapshot-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const script = (text: string): string => {
    const file = join(folder, "snapshot.sh");
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o700);
    return file;
  };
  const setUp = (snapshotCommand: string[], more: { signal?: AbortSignal; deadline?: string } = {}) => {
    const { signal = new AbortController().signal, deadline = "1m" } = more;
    const context = contextWith({ signal, settings: { snapshotCommand, deadline } });
    const run = memoryRun();
    const row = keptRow();
    return { run, row, take: (isModelAlive = false) => ensureSnapshot(context, run, row, isModelAlive) };
  };

  it("runs without a shell, with what it needs to know in an otherwise clean environment", async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "a passphrase";
    const file = script(`env | sort > ${folder}/env; printf '%s|' "$@" > ${folder}/args; echo made`);
    const { run, row, take } = setUp([file, "$HOME; rm -rf /", "two words"]);
    await take().finally(() => delete process.env.PULUMI_CONFIG_PASSPHRASE);
    expect(readFileSync(join(folder, "args"), "utf8")).to.equal("$HOME; rm -rf /|two words|");
    const env = readFileSync(join(folder, "env"), "utf8").split("\n");
    expect(env).to.include.members([
      "MACHINES=openstack0 openstack1",
      "SYSTEM_IDS=aaa000 bbb111",
      "MODEL=admin/openstack",
      "RUN_DIRECTORY=/nowhere/run",
    ]);
    const names = env.map((line) => line.split("=")[0] ?? "").filter(Boolean);
    // PWD, OLDPWD, SHLVL and _ are the shell's own.
    expect(names.filter((name) => !/^(PWD|OLDPWD|SHLVL|_)$/.test(name))).to.have.members(
      ["MACHINES", "SYSTEM_IDS", "MODEL", "RUN_DIRECTORY", "PATH", "HOME", "USER", "LANG"].filter(
        (name) => names.includes(name) || !["PATH", "HOME", "USER", "LANG"].includes(name),
      ),
    );
    expect(run.journal.events().at(-1)).to.include({
      event: "snapshot-ended",
      exitCode: 0,
      end: "exited",
      output: "made",
    });
    expect(row.told.at(-1)?.text).to.match(/^snapshot taken in /);
  });

  it("runs once in a run", async () => {
    const { run, take } = setUp([script(`echo again >> ${folder}/count`)]);
    await take();
    await take();
    expect(readFileSync(join(folder, "count"), "utf8")).to.equal("again\n");
    expect(run.journal.events().filter(({ event }) => event === "snapshot-started")).to.have.length(1);
  });

  it("runs after a destroy-model in vain: the lab is still whole", async () => {
    const { run, take } = setUp([script(`touch ${folder}/ran`)]);
    run.journal.write({
      event: "destroy-model-called",
      uuid: "11111111-1111-4111-8111-111111111111",
      attempt: 1,
    });
    await take(true);
    expect(existsSync(join(folder, "ran"))).to.equal(true);
  });

  it("does not run once something was destroyed", async () => {
    const { run, take } = setUp([script(`touch ${folder}/ran`)]);
    run.journal.write({ event: "release-called", hostname: "openstack0", systemId: "aaa000", attempt: 1 });
    await take();
    expect(existsSync(join(folder, "ran"))).to.equal(false);
  });

  it("stops everything when it fails, keeps the last 2 KB, and runs again in the next destroy", async () => {
    const { run, take } = setUp([script(`seq 1 2000; echo "no space left" >&2; exit 7`)]);
    const { code, message } = await problemOf(take());
    expect(code).to.equal("snapshot");
    expect(message).to.include("ended with 7").and.to.include("Nothing was destroyed.");
    expect(message).to.include("no space left");
    const last = run.journal.events().at(-1);
    expect(last).to.include({ event: "snapshot-ended", exitCode: 7 });
    expect(last?.event === "snapshot-ended" && Buffer.byteLength(last.output)).to.be.within(1_500, 2_000);
    writeFileSync(join(folder, "snapshot.sh"), "#!/bin/sh\nexit 0\n");
    await take();
    expect(run.journal.events().at(-1)).to.include({ event: "snapshot-ended", exitCode: 0 });
  });

  it("says so when there is no such program", async () => {
    const { message } = await problemOf(setUp([join(folder, "nowhere")]).take());
    expect(message).to.include("did not end by itself (no-binary)").and.to.include("Nothing was destroyed.");
  });

  it("is stopped with all that it started by Ctrl-C, and is no snapshot then", async () => {
    const stop = new AbortController();
    const { run, take } = setUp([script(`sleep 60 & echo $! > ${folder}/pid; wait`)], {
      signal: stop.signal,
    });
    const taking = problemOf(take());
    while (!existsSync(join(folder, "pid"))) await new Promise((resolve) => setTimeout(resolve, 20));
    const began = Date.now();
    stop.abort({ why: "cancelled" });
    const { code, message } = await taking;
    expect(code).to.equal("interrupted");
    expect(message).to.include("nothing was destroyed");
    expect(Date.now() - began).to.be.below(2_000);
    expect(run.journal.events().at(-1)).to.include({ event: "snapshot-ended", end: "aborted" });
    expect(run.journal.events().at(-1)).to.not.have.property("exitCode");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(identify(pid)).to.equal(undefined);
  });

  it("is refused where one is required and there is no command", () => {
    expect(judgeSnapshot(settingsWith({ requireSnapshot: true }))[0]).to.include({ verdict: "refused" });
    expect(judgeSnapshot(settingsWith({ requireSnapshot: true, snapshotCommand: ["/bin/true"] }))).to.be
      .empty;
    expect(judgeSnapshot(settingsWith())).to.be.empty;
  });
});
