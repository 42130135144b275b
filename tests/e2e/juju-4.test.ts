import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { captureFiles, verifiedCapture } from "../../teardown/run/captured.ts";
import { makeStack, type Stack } from "./stack.ts";

describe("a lab on Juju 4.0, which has no export-bundle, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await makeStack({ args: ["--juju", "4.0"] });
  });
  after(() => stack.end());

  it("is adopted, shown and torn down like any other", async () => {
    const up = await stack.up();
    expect(up.code, up.output).to.equal(0);
    const preview = await stack.pulumi("preview");
    expect(preview.output).to.match(/admin\/openstack +[0-9a-f-]{36} +alive +25/);
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    expect(output).to.include("proceed to 02-deploy.md");
    const { machines, juju } = await stack.lab.state();
    expect(machines.every(({ status }) => status === "Ready")).to.equal(true);
    expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
    expect(stack.resources()).to.deep.equal([]);
  });

  it("leaves a bundle that was composed, and says so in the journal and at its top", async () => {
    const [run = ""] = stack.runs();
    const captured = stack.journal().find(({ event }) => event === "captured");
    expect(captured).to.deep.include({
      event: "captured",
      by: "backup",
      composed: true,
      withoutBundle: false,
    });
    expect(verifiedCapture(run, stack.journal())).to.have.length(3);
    const text = readFileSync(join(run, captureFiles.bundle), "utf8");
    const comment = text.split("\n").filter((line) => line.startsWith("#"));
    expect(comment.slice(0, 3).join("\n")).to.equal(
      [
        "# Composed, not exported: Juju 4.0.14 has no `juju export-bundle`.",
        "# From what juju 4.0.14 answers about the model maas-lab:openstack: status, config of each",
        "# application (the options that somebody set), constraints, show-application, offers and storage.",
      ].join("\n"),
    );
    const [bundle] = parseAllDocuments(text).map((document) => document.toJS() as { applications: object });
    expect(Object.keys(bundle?.applications ?? {})).to.have.length(25);
  });
});
