import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import type { LabRecord } from "../../teardown/record.ts";
import { readJournal, verifyChain } from "../../teardown/run/journal.ts";
import { destructive, failed, five, releases, says, tornDown, untouched } from "../faults/witness.ts";
import { makeStack, type Stack } from "./stack.ts";

const fixtures = join(projectRoot, "tests/e2e/fixtures/first-version");
const runName = "pre-caracal-destroy-20261125T031448Z";

type Resource = {
  urn: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
};

/** A file of the fixtures, on this host and with this lab's address of MAAS. */
const localized = (stack: Stack, file: string): string =>
  readFileSync(file, "utf8")
    .replaceAll("http://127.0.0.1:5240", new URL(stack.lab.maasUrl).origin)
    .replaceAll('"host":"lab-host"', `"host":"${hostname()}"`);

const importState = async (stack: Stack, name: string): Promise<void> => {
  const file = join(stack.directory, name);
  writeFileSync(file, localized(stack, join(fixtures, name)));
  const { code, output } = await stack.pulumi("stack", "import", "--file", file);
  expect(code, output).to.equal(0);
};

const inState = (stack: Stack): Resource[] =>
  (JSON.parse(stack.stateText()) as { checkpoint: { latest: { resources: Resource[] } } }).checkpoint.latest
    .resources;

/** The lab of the fixtures, as today's version records it. */
const recordOf = (stack: Stack): LabRecord => ({
  model: {
    name: "admin/openstack",
    uuid: "22d8a2c7-e6ae-417e-ba8f-9e916e76d8de",
    controller: "maas-lab",
    controllerUuid: "cd017efe-a2b6-4c18-bff4-56d164b2e229",
  },
  maasUrl: `${new URL(stack.lab.maasUrl).origin}/MAAS`,
  machines: ["8h3y6b", "mnb8gt", "6dbqsf", "ggpcyx", "kxra3y"].map((systemId, at) => ({
    hostname: five[at] ?? "",
    systemId,
    owner: "juju",
  })),
});

/** Asserts that all of the lab is in the stack, and that each of its resources holds this one record. */
const isBroughtOver = (stack: Stack): void => {
  const resources = inState(stack).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/lab:"));
  expect(resources.map(({ urn }) => urn.split("::").at(-1))).to.have.members([
    "exit-criteria",
    "openstack",
    "reaping",
    "preflight",
    ...five,
  ]);
  for (const { urn, outputs } of resources) {
    expect(outputs?.record, urn).to.deep.equal(recordOf(stack));
    expect(outputs).to.not.have.any.keys("lab", "found");
  }
};

/** A destroy by what the first version recorded changes neither the lab nor the stack. */
const isRefused = async (stack: Stack): Promise<void> => {
  const [before, calls] = [stack.resources(), destructive(stack).length];
  const outcome = failed(await stack.destroy());
  says(
    outcome,
    /this stack was adopted by an earlier version; nothing was touched\n +To bring it over: pulumi up /,
  );
  expect(destructive(stack)).to.have.length(calls);
  expect(stack.resources()).to.deep.equal(before);
};

describe("what the first version left, on the real engine", function () {
  this.timeout(240_000);
  let stack: Stack;
  afterEach(() => stack?.end());

  it("a lab that it adopted is destroyed after today's up has brought it over", async () => {
    stack = await makeStack();
    await importState(stack, "adopted.json");
    await isRefused(stack);
    expect(stack.runs()).to.deep.equal([]);
    const capture = inState(stack).find(({ urn }) => urn.endsWith("::backup"))?.inputs?.delete;
    const alone = await execa("sh", ["-c", String(capture)], {
      cwd: stack.project,
      env: stack.env,
      reject: false,
    });
    expect(alone.exitCode).to.equal(1);
    expect(alone.stderr).to.include("To bring it over: pulumi up");
    untouched(stack);

    const up = await stack.up();
    expect(up.code, up.output).to.equal(0);
    expect(up.output).to.not.include("recorded otherwise than before");
    isBroughtOver(stack);
    untouched(stack);
    const again = await stack.pulumi("preview", "--expect-no-changes");
    expect(again.code, again.output).to.equal(0);

    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    await tornDown(stack);
  });

  it("a machine that is another one than it adopted is told by up", async () => {
    stack = await makeStack();
    await importState(stack, "adopted.json");
    await stack.lab.control({ op: "replace-machine", hostname: "openstack1" });
    const { code, output } = await stack.up();
    expect(code, output).to.equal(0);
    expect(output).to.match(/openstack1 is another machine: \w{6} \(was mnb8gt\)/);
    untouched(stack);
  });

  it("a lab that it half destroyed is brought over, and its run continued to the end", async () => {
    stack = await makeStack({
      scenario: { models: [{ name: "openstack", reap: "2m", releasesMachines: false }] },
    });
    // As it left them: the model gone, four machines released.
    await execa("juju", ["destroy-model", "admin/openstack", "--no-prompt", "--force", "--destroy-storage"], {
      env: stack.env,
    });
    for (const name of five.filter((each) => each !== "openstack2"))
      await stack.lab.control({
        op: "set-machine",
        hostname: name,
        fields: { status: "Ready", owner: null, powerState: "off", ownerData: {} },
      });
    const run = join(stack.backups, runName);
    cpSync(join(fixtures, runName), run, { recursive: true });
    for (const name of ["run.json", "lock", "journal.jsonl"])
      writeFileSync(join(run, name), localized(stack, join(fixtures, runName, name)));
    const journal = join(run, "journal.jsonl");
    const old = readFileSync(journal, "utf8");
    await importState(stack, "half-destroyed.json");
    await isRefused(stack);

    const up = await stack.up();
    expect(up.code, up.output).to.equal(0);
    isBroughtOver(stack);
    expect(readFileSync(journal, "utf8")).to.equal(old);

    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    await tornDown(stack);
    expect([...releases(stack)]).to.deep.equal([["6dbqsf", 1]]);
    expect(stack.runs().map((directory) => basename(directory))).to.deep.equal([runName]);
    const text = readFileSync(journal, "utf8");
    expect(text.startsWith(old)).to.equal(true);
    expect(text.slice(old.length)).to.match(/^\{"v":2,"prev":"[0-9a-f]{64}"/);
    expect(verifyChain(journal)).to.include({ broken: false });
    expect(readJournal(journal).at(-1)).to.include({ event: "run-closed", outcome: "complete" });
  });
});
