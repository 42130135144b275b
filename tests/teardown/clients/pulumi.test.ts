import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { stringify } from "yaml";
import { projectRoot, toolchainEnvironment } from "../../../packages/toolchain/environment.ts";
import type { EngineProcess } from "../../../teardown/clients/engine-process.ts";
import type { Exec, ExecAsk } from "../../../teardown/clients/exec.ts";
import { type StackConfig, stackConfig } from "../../../teardown/clients/pulumi.ts";

const namespace = "openstack-lab";

describe("stack configuration: of the real CLI", function () {
  this.timeout(120_000);
  let folder = "";
  let project = "";
  let env: NodeJS.ProcessEnv = {};
  let cli = "";

  before(async () => {
    const toolchain = await toolchainEnvironment();
    cli = toolchain.pulumi;
    env = { ...process.env, ...toolchain.env, PULUMI_CONFIG_PASSPHRASE: "right" };
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stack-config-"));
    project = join(folder, "project");
    for (const name of ["project/program", "state"]) mkdirSync(join(folder, name), { recursive: true });
    env.PULUMI_BACKEND_URL = `file://${folder}/state`;
    // Which stack is selected is kept there.
    env.PULUMI_HOME = join(folder, "home");
    write("Pulumi.yaml", {
      name: namespace,
      runtime: "nodejs",
      config: {
        erase: { type: "string", default: "none" },
        machines: { type: "array", items: { type: "string" }, default: [] },
      },
    });
    pulumi("stack", "init", "dev");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, document: unknown): void =>
    writeFileSync(join(project, file), stringify(document));
  const configure = (config: Record<string, unknown>, file = "Pulumi.dev.yaml"): void =>
    write(file, { config });
  const pulumi = (...args: string[]): string =>
    execFileSync(cli, args, { cwd: project, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const engineOf = (flags: string[], change: Partial<EngineProcess> = {}): EngineProcess => ({
    pid: 1,
    started: "",
    argv: ["pulumi", "destroy", ...flags],
    exact: true,
    cwd: project,
    binary: cli,
    ...change,
  });
  const ask = (
    flags: string[],
    given: { engine?: Partial<EngineProcess>; env?: NodeJS.ProcessEnv; exec?: Exec } = {},
  ): Promise<StackConfig> =>
    stackConfig({
      engine: engineOf(flags, given.engine),
      namespace,
      signal: undefined,
      env: { ...env, ...given.env },
      ...(given.exec && { exec: given.exec }),
    });
  const values = async (...given: Parameters<typeof ask>): Promise<Record<string, unknown>> => {
    const answer = await ask(...given);
    if (answer.kind !== "ok") throw new Error(JSON.stringify(answer));
    return answer.values;
  };
  const ours = { "openstack-lab:erase": "none", "openstack-lab:machines": [] };

  it("is what the stack file says now, over the project's defaults; a key that was taken out is gone", async () => {
    configure({ "openstack-lab:erase": "disk", "openstack-lab:host": "h", "aws:region": "x" });
    const all = { ...ours, "openstack-lab:erase": "disk", "openstack-lab:host": "h", "aws:region": "x" };
    expect(await ask(["-s", "dev"])).to.deep.equal({
      kind: "ok",
      stack: "dev",
      values: all,
      secretKeys: new Set(),
    });
    configure({ "openstack-lab:host": "h2" });
    expect(await values(["-s", "dev"])).to.deep.equal({ ...ours, "openstack-lab:host": "h2" });
  });

  it("has lists as lists, and the project's bare keys with their namespace", async () => {
    configure({
      machines: ["m0", "m1"],
      "openstack-lab:alsoDestroyed": ["x"],
      "openstack-lab:stuckAfter": 7,
    });
    expect(await values(["-s", "dev"])).to.deep.equal({
      ...ours,
      "openstack-lab:machines": ["m0", "m1"],
      "openstack-lab:alsoDestroyed": ["x"],
      "openstack-lab:stuckAfter": "7",
    });
  });

  it("is that of the defaults alone when the stack file is missing, and writes none", async () => {
    rmSync(join(project, "Pulumi.dev.yaml"), { force: true });
    expect(await values(["-s", "dev"])).to.deep.equal(ours);
    expect(readdirSync(project).sort()).to.deep.equal(["Pulumi.yaml", "program"]);
  });

  it("is of the stack that -s, its variables or the selection name", async () => {
    pulumi("stack", "init", "other");
    pulumi("stack", "select", "dev");
    configure({ "openstack-lab:host": "dev" });
    configure({ "openstack-lab:host": "other" }, "Pulumi.other.yaml");
    const rows: [string[], NodeJS.ProcessEnv, string][] = [
      [[], {}, "dev"],
      [["-sother"], {}, "other"],
      [["-Qs", "organization/openstack-lab/other"], {}, "other"],
      [[], { PULUMI_STACK: "other" }, "other"],
      [[], { PULUMI_OPTION_STACK: "other" }, "other"],
      [["-s", "dev"], { PULUMI_OPTION_STACK: "other", PULUMI_STACK: "other" }, "dev"],
      [["-Q"], { PULUMI_OPTION_FULLY_QUALIFY_STACK_NAMES: "true" }, "dev"],
    ];
    for (const [flags, variables, stack] of rows) {
      const answer = await ask(flags, { env: variables });
      expect(answer, JSON.stringify([flags, variables])).to.deep.equal({
        kind: "ok",
        stack,
        values: { ...ours, "openstack-lab:host": stack },
        secretKeys: new Set(),
      });
    }
  });

  it("is of the file that --config-file or its variable names, from the engine's folder", async () => {
    configure({ "openstack-lab:host": "usual" });
    configure({ "openstack-lab:host": "given" }, "program/x.yaml");
    const program = join(project, "program");
    const rows: [string[], string, NodeJS.ProcessEnv][] = [
      [["--config-file", "x.yaml"], program, {}],
      [["--config-file=program/x.yaml"], project, {}],
      [[`--config-file=${program}/x.yaml`], project, {}],
      [[], program, { PULUMI_OPTION_CONFIG_FILE: "x.yaml" }],
      [["-C", "program"], program, { PULUMI_OPTION_CONFIG_FILE: "x.yaml" }],
      [[], program, { PULUMI_OPTION_CONFIG_FILE: "x.yaml", PULUMI_OPTION_CWD: "program" }],
    ];
    for (const [flags, cwd, variables] of rows) {
      const read = await values(["-s", "dev", ...flags], { engine: { cwd }, env: variables });
      expect(read, JSON.stringify([flags, variables])).to.include({ "openstack-lab:host": "given" });
    }
  });

  it("cannot tell where a relative file is without the engine's folder, except by an absolute -C", async () => {
    configure({ "openstack-lab:host": "given" }, "program/x.yaml");
    const engine = { cwd: undefined };
    expect(await ask(["-s", "dev", "--config-file", "x.yaml"], { engine })).to.deep.equal({
      kind: "relative-config-file",
      configFile: "x.yaml",
    });
    expect(await ask(["-C", "program", "--config-file", "x.yaml"], { engine })).to.include({
      kind: "relative-config-file",
    });
    const absolute = ["-s", "dev", "-C", join(project, "program"), "--config-file", "x.yaml"];
    expect(await values(absolute, { engine })).to.include({ "openstack-lab:host": "given" });
  });

  it("knows a project in Pulumi.json", async () => {
    rmSync(join(project, "Pulumi.yaml"));
    writeFileSync(join(project, "Pulumi.json"), JSON.stringify({ name: namespace, runtime: "nodejs" }));
    pulumi("config", "set", "host", "h", "-s", "dev");
    expect(await values(["-s", "dev"])).to.deep.equal({ "openstack-lab:host": "h" });
  });

  it("gives a renamed stack's new name and file", async () => {
    configure({ "openstack-lab:host": "h" });
    pulumi("stack", "rename", "new", "-s", "dev");
    expect(await ask([])).to.deep.include({
      kind: "ok",
      stack: "new",
      values: { ...ours, "openstack-lab:host": "h" },
    });
    expect(await ask(["-s", "dev"])).to.deep.include({ kind: "failed", call: "stack" });
  });

  it("does not take another project's bare key for ours", async () => {
    write("Pulumi.yaml", { name: "theirs", runtime: "nodejs" });
    pulumi("stack", "init", "their");
    configure({ host: "theirs", "openstack-lab:host": "ours" }, "Pulumi.their.yaml");
    expect(await values(["-s", "their"])).to.deep.equal({
      "theirs:host": "theirs",
      "openstack-lab:host": "ours",
    });
  });

  it("decrypts our secrets with the right passphrase only, and no others", async () => {
    for (const key of ["maasApiKey", "erase", "aws:key"])
      pulumi("config", "set", "--secret", key, `its ${key}`, "-s", "dev");
    pulumi("config", "set", "--secret", "--path", "machines[0]", "m0", "-s", "dev");
    const keys = ["openstack-lab:erase", "openstack-lab:maasApiKey", "openstack-lab:machines"];
    expect(await ask(["-s", "dev"])).to.deep.equal({
      kind: "ok",
      stack: "dev",
      values: {
        "openstack-lab:erase": "its erase",
        "openstack-lab:maasApiKey": "its maasApiKey",
        "openstack-lab:machines": ["m0"],
      },
      secretKeys: new Set(["aws:key", ...keys]),
    });
    for (const passphrase of ["wrong", undefined]) {
      const answer = await ask(["-s", "dev"], { env: { PULUMI_CONFIG_PASSPHRASE: passphrase } });
      expect(answer, passphrase).to.deep.include({ kind: "cannot-decrypt", stack: "dev", keys });
    }
  });

  it("needs no passphrase when no key of ours is a secret", async () => {
    pulumi("config", "set", "--secret", "aws:key", "secret", "-s", "dev");
    const answer = await ask(["-s", "dev"], { env: { PULUMI_CONFIG_PASSPHRASE: undefined } });
    expect(answer).to.deep.equal({
      kind: "ok",
      stack: "dev",
      values: ours,
      secretKeys: new Set(["aws:key"]),
    });
  });

  it("is not changed by variables that set options of the CLI's own answer", async () => {
    pulumi("config", "set", "--secret", "aws:key", "secret", "-s", "dev");
    const variables = { PULUMI_OPTION_SHOW_SECRETS: "true", PULUMI_OPTION_JSON: "false" };
    expect(await values(["-s", "dev"], { env: variables })).to.deep.equal(ours);
  });

  it("says what the CLI said when there is no such stack or the file is broken", async () => {
    const unknown = await ask(["-s", "nix"]);
    expect(unknown).to.deep.include({ kind: "failed", call: "stack" });
    expect(unknown.kind === "failed" && unknown.said).to.include("no stack named 'nix' found");
    writeFileSync(join(project, "Pulumi.dev.yaml"), "config: [");
    expect(await ask(["-s", "dev"])).to.deep.include({ kind: "failed", call: "config" });
  });

  it("is had in a destroy that holds the lock, from the provider's own place", async () => {
    symlinkSync(join(projectRoot, "node_modules"), join(project, "node_modules"));
    write("Pulumi.yaml", {
      name: namespace,
      runtime: { name: "nodejs", options: { typescript: false } },
      main: "program/",
    });
    writeFileSync(join(project, "program", "package.json"), JSON.stringify({ main: "index.js" }));
    const clients = pathToFileURL(join(projectRoot, "teardown", "clients"));
    writeFileSync(
      join(project, "program", "index.js"),
      `const pulumi = require("@pulumi/pulumi");
      const provider = {
        create: async () => ({ id: "1" }),
        delete: async () => {
          const { engineProcess } = await import("${clients}/engine-process.ts");
          const { stackConfig } = await import("${clients}/pulumi.ts");
          const answer = await stackConfig({ engine: engineProcess(), namespace: "openstack-lab", signal: undefined });
          require("node:fs").writeFileSync(process.env.ANSWER, JSON.stringify(answer));
        },
      };
      class Thing extends pulumi.dynamic.Resource {}
      new Thing(provider, "thing", {});`,
    );
    env.ANSWER = join(folder, "answer.json");
    pulumi("up", "--yes", "--skip-preview", "-s", "dev");
    configure({ "openstack-lab:host": "today's" }, "program/x.yaml");
    pulumi("-C", "program", "destroy", "-yfs", "dev", "--config-file", "x.yaml");
    expect(JSON.parse(readFileSync(env.ANSWER, "utf8"))).to.deep.equal({
      kind: "ok",
      stack: "dev",
      values: { "openstack-lab:host": "today's" },
      secretKeys: {},
    });
  });

  it("is not asked for when the engine or its program cannot be seen", async () => {
    expect(await stackConfig({ engine: undefined, namespace, signal: undefined })).to.deep.equal({
      kind: "no-engine",
    });
    expect(await ask([], { engine: { binary: undefined } })).to.deep.equal({
      kind: "no-binary",
      program: "pulumi",
    });
    expect(await ask([], { engine: { binary: join(folder, "pulumi") } })).to.deep.equal({
      kind: "no-binary",
      program: join(folder, "pulumi"),
    });
  });
});

describe("stack configuration: limits", () => {
  const engine: EngineProcess = {
    pid: 1,
    started: "",
    argv: ["pulumi", "destroy", "-s", "dev"],
    exact: true,
    cwd: "/",
    binary: "/bin/pulumi",
  };
  type Answered = Partial<Awaited<ReturnType<Exec>>>;
  /** A CLI that gives these answers in turn, and remembers how it was asked. */
  const answering = (...answers: Answered[]): { exec: Exec; asked: ExecAsk[] } => {
    const asked: ExecAsk[] = [];
    const exec: Exec = async (one) => {
      const answer = answers[asked.length];
      asked.push(one);
      return { end: "exited", code: 0, stdout: "", stderr: "", problem: "", ...answer };
    };
    return { exec, asked };
  };
  const secret = { stdout: '{"openstack-lab:maasApiKey":{"secret":true}}' };
  const rows: [string, Answered[], StackConfig][] = [
    ["too slow", [{ end: "limit", code: undefined }], { kind: "timeout", limit: 5_000 }],
    [
      "too slow for the secrets",
      [{ stdout: "dev\n" }, secret, { end: "limit", code: undefined }],
      { kind: "timeout", limit: 5_000 },
    ],
    ["aborted", [{ stdout: "dev\n" }, { end: "aborted", code: undefined }], { kind: "aborted" }],
    ["not started", [{ end: "not-started", code: undefined }], { kind: "no-binary", program: "/bin/pulumi" }],
    [
      "killed",
      [{ end: "killed", code: undefined, stderr: " x\n" }],
      { kind: "failed", call: "stack", code: undefined, said: "x" },
    ],
    ["without a name", [{ stdout: "\n" }], { kind: "failed", call: "stack", code: 0, said: "" }],
    [
      "no JSON",
      [{ stdout: "dev" }, { stdout: "warning: {}" }],
      { kind: "failed", call: "config", code: 0, said: "" },
    ],
    [
      "JSON of another shape",
      [{ stdout: "dev" }, { stdout: '{"a:b":"c"}' }],
      { kind: "failed", call: "config", code: 0, said: "" },
    ],
    [
      "killed at the secrets",
      [{ stdout: "dev" }, secret, { end: "killed", code: undefined }],
      { kind: "failed", call: "config", code: undefined, said: "" },
    ],
  ];
  for (const [name, answers, expected] of rows) {
    it(`is ${name}`, async () => {
      const { exec } = answering(...answers);
      const given = { engine, namespace, signal: undefined, limit: 5_000, exec };
      expect(await stackConfig(given)).to.deep.equal(expected);
    });
  }

  it("asks without options from the environment, with the same signal and one limit for all calls", async () => {
    const { exec, asked } = answering({ stdout: "org/lab/dev\n" }, { stdout: "{}" });
    const { signal } = new AbortController();
    const env = { PULUMI_OPTION_OUTPUT: "json", HOME: "/root", PULUMI_CONFIG_PASSPHRASE: "p" };
    expect(await stackConfig({ engine, namespace, signal, exec, env })).to.deep.include({ stack: "dev" });
    for (const one of asked) {
      expect(one.signal).to.equal(signal);
      expect(one.limit).to.be.within(1, 30_000);
      expect(one.env).to.deep.equal({
        HOME: "/root",
        PULUMI_CONFIG_PASSPHRASE: "p",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      });
    }
    expect(asked.map(({ args }) => args.join(" "))).to.deep.equal([
      "stack --show-name --stack dev --non-interactive --cwd /",
      "config --json --open --stack org/lab/dev --non-interactive --cwd /",
    ]);
  });
});
