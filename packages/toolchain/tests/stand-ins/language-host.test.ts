import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language, {
  type AboutResponse,
  type GetProgramDependenciesResponse,
  type GetRequiredPackagesResponse,
  type PackResponse,
  type RunResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import { expect } from "chai";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { versions } from "../../versions.ts";
import { ask, type Plugin, startEngine, startPlugin, type TestEngine } from "../support/engine.ts";
import { rejectionOf } from "../support/rejected.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const main = fileURLToPath(new URL("../../stand-ins/language-host/main.ts", import.meta.url));
const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));

describe("the language host's stand-in", () => {
  const directory = temporaryDirectory();
  let engine: TestEngine;
  let plugin: Plugin;
  let client: InstanceType<typeof languageService.LanguageRuntimeClient>;

  beforeEach(async () => {
    engine = await startEngine();
    plugin = await startPlugin(main, engine);
    client = new languageService.LanguageRuntimeClient(plugin.address, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    await plugin.stop();
    engine.die();
  });

  const info = (options: { [key: string]: JavaScriptValue } = {}) => {
    const made = new language.ProgramInfo();
    made.setRootDirectory(directory());
    made.setProgramDirectory(directory());
    made.setEntryPoint("index.ts");
    made.setOptions(structMessages.Struct.fromJavaScript(options));
    return made;
  };
  const run = (options?: { [key: string]: JavaScriptValue }) => {
    const request = new language.RunRequest();
    request.setInfo(info(options));
    request.setProject("p");
    request.setStack("s");
    request.setMonitorAddress(engine.address);
    return ask<RunResponse>((done) => client.run(request, done));
  };
  const installSdk = () => symlinkSync(packages, join(directory(), "node_modules"));

  it("says which packages need plugins, and what is installed", async () => {
    installSdk();
    writeFileSync(
      join(directory(), "package.json"),
      JSON.stringify({ dependencies: { "@pulumi/command": "1.2.1", zod: "4", absent: "1" } }),
    );
    const required = new language.GetRequiredPackagesRequest();
    required.setInfo(info());
    const answer = await ask<GetRequiredPackagesResponse>((done) =>
      client.getRequiredPackages(required, done),
    );
    const plugins = answer
      .getPackagesList()
      .map((one) => `${one.getKind()} ${one.getName()} ${one.getVersion()}`);
    expect(plugins).to.deep.equal([`resource command v${versions.command}`]);

    const dependencies = new language.GetProgramDependenciesRequest();
    dependencies.setInfo(info());
    const installed = (
      await ask<GetProgramDependenciesResponse>((done) => client.getProgramDependencies(dependencies, done))
    ).getDependenciesList();
    expect(installed.map((one) => one.getName())).to.deep.equal(["@pulumi/command", "zod"]);
  });

  it("says that the SDK is not installed", async () => {
    expect(await rejectionOf(run())).to.contain("@pulumi/pulumi is not installed for the program in");
  });

  it("refuses a runtime option that it does not implement, by its name", async () => {
    installSdk();
    expect(await rejectionOf(run({ bundler: "x" }))).to.contain("runtime option bundler is not implemented");
  });

  it("hands on `nodeargs`, and tells nothing more when the program has told the user (exit code 32)", async () => {
    installSdk();
    writeFileSync(join(directory(), "told.cjs"), "process.exit(32)");
    const told = await run({ nodeargs: "--require ./told.cjs" });
    expect([told.getBail(), told.getError()]).to.deep.equal([true, ""]);
    writeFileSync(join(directory(), "five.cjs"), "process.exit(5)");
    const failed = await run({ nodeargs: "--require ./five.cjs" });
    expect([failed.getBail(), failed.getError()]).to.deep.equal([
      false,
      "Program exited with non-zero exit code: 5",
    ]);
  });

  it("gives the program its configuration as the SDK reads it", async () => {
    installSdk();
    const file = join(directory(), "seen.json");
    writeFileSync(
      join(directory(), "dump.cjs"),
      `const { PULUMI_CONFIG, PULUMI_CONFIG_SECRET_KEYS } = process.env;
       require("node:fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify({
         config: JSON.parse(PULUMI_CONFIG), secret: JSON.parse(PULUMI_CONFIG_SECRET_KEYS), argv: process.argv.slice(2) }));
       process.exit(32);`,
    );
    const request = new language.RunRequest();
    request.setInfo(info({ nodeargs: "--require ./dump.cjs" }));
    request.setProject("p");
    request.setStack("s");
    request.setParallel(4);
    request.setDryrun(true);
    request.setMonitorAddress(engine.address);
    request.getConfigMap().set("p:hosts", '["a"]').set("p:key", "x:y");
    request.setConfigsecretkeysList(["p:key"]);
    await ask<RunResponse>((done) => client.run(request, done));
    const { default: seen } = await import(file, { with: { type: "json" } });
    expect(seen.config).to.deep.equal({ "p:config:hosts": '["a"]', "p:config:key": "x:y" });
    expect(seen.secret).to.deep.equal(["p:key"]);
    expect(seen.argv).to.include.members([
      "--project",
      "p",
      "--dry-run",
      "--parallel",
      "4",
      "--engine",
      engine.address,
    ]);
    expect(seen.argv.at(-1)).to.equal("index.ts");
  });

  it("ends a running program at Cancel", async () => {
    installSdk();
    writeFileSync(join(directory(), "hang.cjs"), "for (;;);");
    const running = run({ nodeargs: "--require ./hang.cjs" });
    // Until the program runs there is nothing to cancel: ask again until it ends.
    const cancel = setInterval(() => client.cancel(new emptyMessages.Empty(), () => {}), 100);
    try {
      expect((await running).getError()).to.equal("Program was ended by SIGKILL");
    } finally {
      clearInterval(cancel);
    }
  });

  it("ends when the engine is gone", async () => {
    const request = new language.AboutRequest();
    const about = await ask<AboutResponse>((done) => client.about(request, done));
    expect(about.getExecutable()).to.equal(process.execPath);
    engine.die();
    await plugin.exited;
  });

  it("refuses what it does not implement by name, as a call and as a stream", async () => {
    const pack = ask<PackResponse>((done) => client.pack(new language.PackRequest(), done));
    expect(await rejectionOf(pack)).to.contain(
      "Packing an SDK is not implemented by this project's stand-in",
    );
    const stream = client.installDependencies(new language.InstallDependenciesRequest());
    const failed = new Promise<unknown>((resolve, reject) =>
      stream.once("error", reject).once("end", resolve).resume(),
    );
    expect(await rejectionOf(failed)).to.contain("make setup");
  });
});
