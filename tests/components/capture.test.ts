import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { isAlive } from "../../teardown/clients/engine-process.ts";
import { outcomesLeft } from "../../teardown/run/captured.ts";
import { openRun, type Run } from "../../teardown/run/run-directory.ts";
import { modelUuid, recordedLab, recordedModel } from "../teardown/support/fakes.ts";

const root = join(import.meta.dirname, "..", "..");
const stack = "unit";
// As the state keeps it.
const line = 'require("node:module").createRequire(process.cwd()+"/")("openstack-lab/late")("capture").run()';
const listed = {
  name: "admin/openstack",
  "model-uuid": modelUuid,
  "controller-uuid": recordedModel.controllerUuid,
  "controller-name": "maas-lab",
  "is-controller": false,
  life: "alive",
};
const applications = { keystone: { charm: "keystone" } };

describe("the capture's own process, as the command plugin runs it", function () {
  this.timeout(60_000);
  let folder = "";
  let run: Run;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "capture-process-"));
    writeFileSync(join(folder, "export-bundle"), stringify({ applications }));
    writeFileSync(join(folder, "status"), stringify({ model: { name: "openstack" }, applications }));
    writeFileSync(join(folder, "models"), stringify({ models: [listed] }));
    jujuDoes("");
    // A shell by the name of the engine: what it is asked to do is a script of that name.
    copyFileSync("/bin/sh", join(folder, "pulumi"));
    const program = [process.execPath, "-e", line, "p", stack].map((word) => `'${word}'`).join(" ");
    for (const operation of ["destroy", "up"])
      writeFileSync(join(folder, operation), `${program}\nexit $?\n`);
    writeFileSync(join(folder, "stack"), `echo ${stack}\n`);
    configure({});
    // It loads today's code from the folder of the stack.
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "openstack-lab"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => {
    const key = {
      backupRoot: join(folder, "backups"),
      backupLabel: "pre",
      project: "p",
      stack,
      modelUuid,
    };
    run = openRun(key, recordedLab());
  };
  /** Before it prints what is in the file of the command's name. */
  const jujuDoes = (lines: string) => {
    writeFileSync(join(folder, "juju"), `#!/bin/sh\n${lines}\ncat "$(dirname "$0")/$1"\n`);
    chmodSync(join(folder, "juju"), 0o755);
  };
  const configure = (more: Record<string, string>) =>
    writeFileSync(join(folder, "config"), `cat <<'END'\n${JSON.stringify(configuration(more))}\nEND\n`);
  const configuration = (more: Record<string, string>) => {
    const settings = {
      host: "lab-host",
      user: "operator",
      jujuModel: "openstack",
      jujuController: "maas-lab",
      maasProfile: "admin",
      machines: ["openstack0"],
      backupRoot: join(folder, "backups"),
      backupLabel: "pre",
      ...more,
    };
    return Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `openstack-lab:${key}`,
        typeof value === "string"
          ? { value, secret: false }
          : { value: JSON.stringify(value), objectValue: value, secret: false },
      ]),
    );
  };
  const where = () => ({
    cwd: folder,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
  });
  const script = (operation = "destroy") =>
    spawnSync(join(folder, "pulumi"), [operation], { ...where(), encoding: "utf8" });
  const hangs = (command: string) =>
    jujuDoes(
      `trap '' TERM; if [ "$1" = ${command} ]; then echo $$ > ${join(folder, "hanging")}; sleep 47; fi`,
    );
  const hanging = (): number => Number(readFileSync(join(folder, "hanging"), "utf8"));
  const ends = async (pid: number, within: number): Promise<void> => {
    const until = performance.now() + within;
    while (isAlive({ pid, started: "" })) {
      if (performance.now() > until) throw new Error(`${pid} lives on`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it("takes the capture of the open run, and says in its last line what it took and where", () => {
    open();
    const { status, stdout, stderr } = script();
    expect(status, stderr).to.equal(0);
    expect(stdout.trimEnd().split("\n").at(-1)).to.match(/^captured 3 files in .*: .*pre-\d{8}T\d{6}Z$/);
    expect(stdout).to.match(/ {2}[0-9a-f]{12} +\d+ {2}bundle-pre-destroy\.yaml\n/);
    const checked = execFileSync("sha256sum", ["--check", "SHA256SUMS"], {
      cwd: run.directory,
      encoding: "utf8",
    });
    expect(checked.match(/: OK/g)).to.have.length(3);
  });

  it("captures nothing without a teardown that has begun: an `up` that comes this far stops here", () => {
    const { status, stdout, stderr } = script("up");
    expect(status).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.match(
      /^no teardown has begun, so there is nothing to capture for; nothing was touched\n/,
    );
    expect(readdirSync(folder)).to.not.include("backups");
  });

  it("leaves the capture to what destroys when the run directory is lost since Preflight", () => {
    const { status, stdout, stderr } = script();
    expect([status, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.equal("no run directory yet: captured right before anything is destroyed\n");
  });

  it("fails in words when the capture cannot be verified", () => {
    open();
    writeFileSync(join(folder, "export-bundle"), "applications: {}\n");
    const { status, stderr } = script();
    expect(status).to.equal(1);
    expect(stderr).to.match(/^no verified capture: bundle-pre-destroy\.yaml holds no application\n/);
    expect(stderr).to.not.match(/^ +at /m);
  });

  it("writes no journal: it leaves what it did in a note", () => {
    open();
    const journal = join(run.directory, "journal.jsonl");
    const before = readFileSync(journal, "utf8");
    expect(script().status).to.equal(0);
    writeFileSync(join(folder, "export-bundle"), "applications: {}\n");
    expect(script().status).to.equal(1);
    expect(readFileSync(journal, "utf8")).to.equal(before);
    const [taken, failed] = outcomesLeft(run.directory);
    expect(taken).to.deep.include({ event: "captured", by: "backup", withoutBundle: false });
    expect(failed).to.deep.include({
      event: "capture-failed",
      problem: { code: "invalid", file: "bundle-pre-destroy.yaml" },
    });
  });

  for (const command of ["export-bundle", "status", "models"]) {
    it(`ends at the deadline when juju ${command} hangs, and leaves no juju behind`, async () => {
      open();
      configure({ deadline: "3s" });
      hangs(command);
      const began = performance.now();
      const { status, stderr } = script();
      // Of the deadline counts what this process has known of it: its start is not in it.
      expect(performance.now() - began).to.be.below(3_000 + 2_000 + 2_500);
      expect(status).to.equal(1);
      expect(stderr).to.match(
        /^the deadline of 3\.0 s has passed; nothing was destroyed\nNothing is lost: pulumi destroy/,
      );
      await ends(hanging(), 500);
      expect(outcomesLeft(run.directory)[0]).to.deep.include({
        problem: { code: "stopped", why: "deadline" },
      });
    });
  }

  it("counts the deadline from when the destroy began", () => {
    open();
    configure({ deadline: "1h" });
    hangs("status");
    const journal = join(run.directory, "journal.jsonl");
    writeFileSync(
      join(folder, "destroy"),
      [
        // As the provider writes it down: the engine's own start time, and the line before.
        "started=$(cut -d' ' -f22 /proc/$$/stat)",
        `prev=$(tail -n 1 ${journal} | tr -d '\\n' | sha256sum | cut -d' ' -f1)`,
        `printf '%s\\n' '{"v":2,"prev":"'$prev'","at":"2026-01-01T00:00:00.000Z","event":"destroy-started","pid":1,"user":"u","host":"h","settings":{},"engine":"'$$@$started'"}' >> ${journal}`,
        readFileSync(join(folder, "destroy"), "utf8"),
      ].join("\n"),
    );
    const { stderr } = script();
    expect(stderr).to.match(/^the deadline of 1 h has passed/);
  });

  it("ends within 2 s when its engine is killed, and writes nothing", async () => {
    open();
    hangs("status");
    const engine = spawn(join(folder, "pulumi"), ["destroy"], {
      ...where(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    while (!existsSync(join(folder, "hanging"))) await new Promise((resolve) => setTimeout(resolve, 50));
    const before = readdirSync(run.directory);
    const [capture = ""] = readFileSync(`/proc/${engine.pid}/task/${engine.pid}/children`, "utf8").split(" ");
    engine.kill("SIGKILL");
    await once(engine, "exit");
    await ends(Number(capture), 2_500);
    await ends(hanging(), 500);
    expect(readdirSync(run.directory)).to.deep.equal(before);
  });

  it("lets no terminal escape of juju's through", () => {
    open();
    const painted = "\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u009b1mbold";
    jujuDoes(`if [ "$1" = status ]; then cat ${join(folder, "said")} >&2; exit 1; fi`);
    writeFileSync(join(folder, "said"), `ERROR ${painted}\n`);
    const said = script();
    jujuDoes("");
    writeFileSync(join(folder, "export-bundle"), JSON.stringify({ applications: { [painted]: {} } }));
    const named = script();
    writeFileSync(join(folder, "export-bundle"), `applications: {"${painted}\n`);
    const unparsed = script();
    for (const { status, stdout, stderr } of [said, named, unparsed]) {
      expect(status).to.equal(1);
      expect(stderr).to.include("no verified capture: ");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
      expect(stdout + stderr).to.not.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }
    expect(named.stderr).to.match(/holds .*red/);
  });
});
