import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runTimeSettings, stackFile, stackFileNow } from "../../../teardown/config/run-time.ts";
import { TeardownError } from "../../../teardown/errors.ts";

const configured = {
  "openstack-lab:host": "vopenstack-jesse",
  "openstack-lab:user": "jessea123",
  "openstack-lab:jujuModel": "openstack",
  "openstack-lab:maasApiUrl": "http://maas:5240/MAAS",
  "openstack-lab:maasApiKey": "a:b:secret",
  "openstack-lab:machines": '["openstack0"]',
  "openstack-lab:maasConcurrency": "8",
};
const secret = (config: string) => `config:\n${config.replace(/^/gm, "  ")}\nencryptionsalt: v1:abc\n`;

describe("run-time settings", () => {
  let project = "";
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "run-time-"));
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));
  const write = (text: string, name = "Pulumi.lab.yaml") => writeFileSync(join(project, name), text);
  const settings = (programRan = false) => runTimeSettings({ configured, project, stack: "lab", programRan });
  const problem = (): string => {
    try {
      settings();
    } catch (error) {
      if (error instanceof TeardownError && error.code === "config") return error.message;
      throw error;
    }
    throw new Error("expected a problem");
  };

  it("are the engine's, with what the stack file says now over them, in a destroy", () => {
    write(
      "config:\n  openstack-lab:host: new-host\n  openstack-lab:machines: [openstack0, openstack1]\n  openstack-lab:withoutBundle: true\n",
    );
    expect(settings()).to.deep.include({
      host: "new-host",
      user: "jessea123",
      machines: ["openstack0", "openstack1"],
      withoutBundle: true,
      maasConcurrency: 8,
    });
  });

  it("are the engine's alone when a program ran: they are today's then", () => {
    write("config:\n  openstack-lab:host: new-host\n");
    expect(settings(true).host).to.equal("vopenstack-jesse");
  });

  it("read a key without its namespace, as Pulumi does, and leave other projects' keys alone", () => {
    write("config:\n  host: new-host\n  aws:region: eu\n  other:user: somebody\n");
    expect(settings()).to.deep.include({ host: "new-host", user: "jessea123" });
  });

  it("keep the engine's value of what is encrypted in the stack file", () => {
    write(secret("openstack-lab:maasApiKey:\n  secure: v1:abcdef\nopenstack-lab:host: new-host"));
    expect(settings()).to.deep.include({ maasApiKey: "a:b:secret", host: "new-host" });
  });

  it("are the engine's when there is no stack file, or nothing in it", () => {
    expect(settings().host).to.equal("vopenstack-jesse");
    for (const text of [
      "",
      "# nothing\n",
      "encryptionsalt: v1:abc\n",
      "config:\n",
      "config: none\n",
      "- a\n",
    ]) {
      write(text);
      expect(settings().host, text).to.equal("vopenstack-jesse");
    }
  });

  it("name the file that is not YAML, and say that nothing was touched", () => {
    for (const text of ["config: [\n", "config:\n\t- a\n", "config: {a: 1\n"]) {
      write(text);
      expect(problem(), text)
        .to.include(join(project, "Pulumi.lab.yaml"))
        .and.to.include("Nothing was touched.");
    }
  });

  it("refuse a bomb of aliases instead of unfolding it", () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(", ")}]\n`;
    write(
      `a: &a [x, x, x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}config:\n  openstack-lab:host: *d\n`,
    );
    expect(problem()).to.match(/cannot be read: .*alias/i);
  });

  it("name the folder in the file's place", () => {
    rmSync(project, { recursive: true });
    writeFileSync(project, "");
    expect(problem()).to.match(/cannot be read: ENOTDIR/);
  });

  it("say which key of the stack file is wrong", () => {
    write("config:\n  openstack-lab:deadline: soon\n  openstack-lab:hots: x\n");
    expect(problem()).to.include(
      `openstack-lab:deadline must be a duration such as 90s, 10m or 1h, not "soon"`,
    );
    expect(problem()).to.include("openstack-lab:hots is not a setting");
  });

  it("drop the namespace of what the stack file says", () => {
    write("config:\n  openstack-lab:withoutBundle: true\n  jujuController: other\n");
    expect(stackFileNow(project, "lab")).to.deep.equal({ withoutBundle: true, jujuController: "other" });
  });
});

describe("the stack file", () => {
  it("is that of the stack, without its organization", () => {
    expect(stackFile("/p", "lab", [])).to.equal("/p/Pulumi.lab.yaml");
    expect(stackFile("/p", "organization/project/lab", [])).to.equal("/p/Pulumi.lab.yaml");
  });

  it("is the .yml only when there is no .yaml", () => {
    const project = mkdtempSync(join(tmpdir(), "run-time-"));
    try {
      writeFileSync(join(project, "Pulumi.lab.yml"), "");
      expect(stackFile(project, "lab", [])).to.equal(join(project, "Pulumi.lab.yml"));
      writeFileSync(join(project, "Pulumi.lab.yaml"), "");
      expect(stackFile(project, "lab", [])).to.equal(join(project, "Pulumi.lab.yaml"));
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  });

  it("is the project's when the program runs in a folder below, also where `stackConfigDir` moves it", () => {
    const project = mkdtempSync(join(tmpdir(), "run-time-"));
    try {
      const program = join(project, "program", "src");
      mkdirSync(program, { recursive: true });
      writeFileSync(join(project, "Pulumi.yaml"), "name: theirs\nmain: program/src/index.ts\n");
      expect(stackFile(program, "lab", [])).to.equal(join(project, "Pulumi.lab.yaml"));
      writeFileSync(join(project, "Pulumi.yaml"), "name: theirs\nstackConfigDir: stacks\n");
      expect(stackFile(program, "lab", [])).to.equal(join(project, "stacks", "Pulumi.lab.yaml"));
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  });

  it("is the one that the command line names, in both spellings", () => {
    expect(stackFile("/p", "lab", ["pulumi", "destroy", "--config-file", "my.yaml"])).to.equal("/p/my.yaml");
    expect(stackFile("/p", "lab", ["pulumi", "destroy", "--config-file=my.yaml"])).to.equal("/p/my.yaml");
    expect(stackFile("/p", "lab", ["pulumi", "--config-file", "/etc/my.yaml"])).to.equal("/etc/my.yaml");
    expect(stackFile("/p", "lab", ["pulumi", "--config-file"])).to.equal("/p/Pulumi.lab.yaml");
  });
});
