import {
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { type Lab, startLab } from "../e2e/lab.ts";
import { ownReleases } from "../faults/lab.ts";
import { inTestFaults } from "../needs.ts";
import { type Cli, pulumiCli } from "../shared-state/support/cli.ts";
import { exampleIn, installInto, unpackInto } from "./support/packed.ts";

const stack = "garage";

/** The example's own configuration, with a simulated lab and this host and user in the place of the real ones. */
const configure = (project: string, change: Record<string, unknown> = {}) => {
  const file = join(project, `Pulumi.${stack}.yaml`);
  const document = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const here = { host: hostname(), user: userInfo().username, simulated: true, ...change };
  const ours = Object.entries(here).map(([key, value]) => [`openstack-lab:${key}`, value]);
  writeFileSync(
    file,
    stringify({ ...document, config: { ...document.config, ...Object.fromEntries(ours) } }),
  );
};

const urns = async (cli: Cli): Promise<string[]> => {
  const { output } = await cli.run("stack", "export");
  const { deployment } = JSON.parse(output) as { deployment: { resources?: { urn: string }[] } };
  return (deployment.resources ?? []).map(({ urn }) => urn);
};

type Installed = { project: string; library: string; lab: Lab; cli: Cli; backups: string };

const installed = async (
  folder: string,
  install: (project: string) => Promise<string>,
): Promise<Installed> => {
  const project = exampleIn(folder);
  const [library, lab] = await Promise.all([
    install(project),
    startLab({ directory: join(folder, "lab"), scenario: ownReleases }),
  ]);
  configure(project);
  const state = join(folder, "state");
  mkdirSync(state);
  const cli = await pulumiCli({
    folder: project,
    stack,
    bin: join(folder, "lab", "bin"),
    env: { ...lab.env, PULUMI_BACKEND_URL: `file://${state}` },
  });
  const { code, output } = await cli.run("stack", "init", stack, "--no-select");
  expect(code, output).to.equal(0);
  return { project, library, lab, cli, backups: join(folder, "lab", "home", "backups") };
};

const journalOf = (backups: string): string => {
  const [run = ""] = readdirSync(backups);
  return readFileSync(join(backups, run, "journal.jsonl"), "utf8");
};

describe("a lab in somebody else's program, from the packed library", function () {
  this.timeout(300_000);
  let folder: string;
  let there: Installed;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lab-library-"));
    there = await installed(folder, unpackInto);
  });
  after(async () => {
    await there?.lab.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is compiled JavaScript with types, below node_modules", () => {
    const { library } = there;
    expect(lstatSync(library).isSymbolicLink()).to.equal(false);
    const files = readdirSync(library, { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).to.deep.equal([]);
    const compiled = files.filter((file) => file.endsWith(".js"));
    expect(compiled).to.include.members(["dist/library.js", "dist/components/maas-machine.js"]);
    expect(files.filter((file) => file.endsWith(".d.ts"))).to.have.length(compiled.length);
    expect(files).to.include.members(["LICENSE", "README.md", "CHANGELOG.md"]);
    const notOurs = /^(?:dist\/)?(?:tests|bench|examples|packages\/(?:simulator|toolchain))\b/;
    expect(files.filter((file) => notOurs.test(file))).to.deep.equal([]);
  });

  it("depends on what its compiled files import, and may be published", () => {
    const { library } = there;
    const manifest = JSON.parse(readFileSync(join(library, "package.json"), "utf8"));
    expect(manifest).to.not.have.property("private");
    // Two copies of the SDK do not know each other's resources, nor two of gRPC each other's credentials: the program's are used.
    expect(manifest.peerDependencies).to.have.all.keys("@pulumi/pulumi");
    const sdk = JSON.parse(
      readFileSync(join(projectRoot, "node_modules/@pulumi/pulumi/package.json"), "utf8"),
    );
    expect(manifest.dependencies["@grpc/grpc-js"]).to.equal(sdk.dependencies["@grpc/grpc-js"]);
    const compiled = globSync("dist/**/*.js", { cwd: library });
    const imported = compiled
      .flatMap((file) => [
        ...readFileSync(join(library, file), "utf8").matchAll(
          /^(?:import|export) [^;]*?\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/gm,
        ),
      ])
      .map(([, name, late = ""]) => name ?? late)
      .filter((name) => !name.startsWith(".") && !isBuiltin(name))
      .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
    expect(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })).to.include.members(
      imported,
    );
    expect(imported).to.include.members(["@pulumi/pulumi", "@grpc/grpc-js", "execa", "undici"]);
  });

  it("gives the program its types, and a wrong program an error", async () => {
    const { project } = there;
    writeFileSync(
      join(project, "wrong.mts"),
      'import { Lab } from "openstack-lab";\nexport const lab: Lab = new Lab("lab", { machines: 5 });\n',
    );
    const config = join(project, "tsconfig.json");
    writeFileSync(
      config,
      readFileSync(config, "utf8").replace('["index.mts"]', '["index.mts", "wrong.mts"]'),
    );
    const { stdout } = await execa(
      process.execPath,
      [join(projectRoot, "node_modules/typescript/bin/tsc"), "-p", project],
      { reject: false },
    );
    const errors = stdout.split("\n").filter((line) => line.includes(": error "));
    expect(errors, stdout).to.have.length(1);
    expect(errors[0]).to.include("wrong.mts(2,");
  });

  it("has the command, as the checkout does", async () => {
    const { project, library } = there;
    const inCheckout = join(projectRoot, "commands/openstack-lab.cjs");
    const inPackage = join(
      library,
      JSON.parse(readFileSync(join(library, "package.json"), "utf8")).bin["openstack-lab"],
    );
    const [ours, theirs] = await Promise.all(
      [inCheckout, inPackage].map((command) => execa(command, ["--help"], { cwd: project })),
    );
    expect(theirs?.stdout).to.equal(ours?.stdout).and.to.include("bundle-diff");
  });

  inTestFaults("can be required by a program that is no ES module", async () => {
    const { stdout } = await execa(process.execPath, ["-p", "typeof require('openstack-lab').Lab"], {
      cwd: there.project,
    });
    expect(stdout).to.equal("function");
  });

  it("adopts the lab beside the program's other resources", async () => {
    const { code, output } = await there.cli.run("up", "--yes", "--skip-preview");
    expect(code, output).to.equal(0);
    expect(output).to.include("hello, lab");
    const inside = "garage:index:Garage$lab:index:Lab";
    const all = await urns(there.cli);
    expect(all).to.include.members([
      "urn:pulumi:garage::garage-cloud::garage:index:Garage$pulumi-nodejs:dynamic/garage:Token::token",
      `urn:pulumi:garage::garage-cloud::${inside}$pulumi-nodejs:dynamic/lab:MaasMachine::openstack0`,
      `urn:pulumi:garage::garage-cloud::${inside}$command:local:Command::backup`,
    ]);
    // The lab's part of the state names no file of the machine that ran it, and each resource knows its own row.
    const { output: text } = await there.cli.run("stack", "export");
    const { deployment } = JSON.parse(text) as {
      deployment: { resources: { urn: string; inputs?: object; outputs?: { row?: string } }[] };
    };
    const ofLab = deployment.resources.filter(({ urn }) => urn.includes(inside));
    // Pulumi itself notes from which line of which file a resource came.
    expect(JSON.stringify(ofLab.map(({ inputs, outputs }) => ({ inputs, outputs })))).to.not.include(
      there.project,
    );
    const rows = deployment.resources.filter(({ outputs }) => outputs?.row !== undefined);
    expect(rows.map(({ outputs }) => outputs?.row)).to.deep.equal(rows.map(({ urn }) => urn));
    expect(rows).to.have.length(9);
  });

  it("shows in a preview what a destroy affects", async () => {
    const { code, output } = await there.cli.run("preview");
    expect(code, output).to.equal(0);
    expect(output).to.match(/openstack0 +\S+ +Deployed +on +juju +\d +released/);
    expect(output).to.match(/15 unchanged/);
  });

  it("tears it down with the rest, with today's settings, after what depends on it", async () => {
    configure(there.project, { releaseComment: "the garage is closed" });
    const { code, output } = await there.cli.run("destroy", "--yes", "--skip-preview");
    expect(code, output).to.equal(0);
    expect(output).to.include("proceed to 02-deploy.md");
    expect(output.indexOf("goodbye, lab")).to.be.below(output.indexOf("guards passed"));
    const { machines, juju } = await there.lab.state();
    expect(machines.map(({ status }) => status)).to.deep.equal(machines.map(() => "Ready"));
    expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
    expect(await urns(there.cli)).to.deep.equal([]);
    const calls = await there.lab.calls();
    expect(JSON.stringify(calls.filter(({ what }) => /op=release/.test(what)))).to.include(
      "the garage is closed",
    );
    const journal = journalOf(there.backups);
    expect(journal).to.include('"project":"garage-cloud"').and.to.include('"run-closed"');
    // The clients that wrote it down say which version of the library this is.
    expect(journal).to.match(/"openstack-lab":"\d+\.\d+\.\d+"/);
  });

  inTestFaults(
    "finds itself and today's settings, installed by npm, from a program in a subfolder",
    async () => {
      const other = join(folder, "by-npm");
      mkdirSync(other);
      const { project, lab, cli } = await installed(other, installInto);
      try {
        mkdirSync(join(project, "program"));
        renameSync(join(project, "index.mts"), join(project, "program", "index.mts"));
        const file = join(project, "Pulumi.yaml");
        writeFileSync(file, readFileSync(file, "utf8").replace("index.mts", "program/index.mts"));
        const up = await cli.run("up", "--yes", "--skip-preview");
        expect(up.code, up.output).to.equal(0);
        configure(project, { releaseComment: "changed since" });
        const { code, output } = await cli.run("destroy", "--yes", "--skip-preview");
        expect(code, output).to.equal(0);
        expect(await urns(cli)).to.deep.equal([]);
        expect(JSON.stringify(await lab.calls())).to.include("changed since");
      } finally {
        await lab.stop();
      }
    },
  );
});
