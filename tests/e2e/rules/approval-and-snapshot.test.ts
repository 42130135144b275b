import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tornDown, untouched } from "../../faults/witness.ts";
import { machines } from "../lab.ts";
import { adoptedStack, type Stack } from "../stack.ts";

describe("approval and snapshot, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(() => stack?.end());

  it("refuses what was not approved, and destroys what the refusal's own command approves", async () => {
    stack = await adoptedStack({ config: { requireApproval: true } });
    const without = await stack.destroy();
    expect(without.code).to.not.equal(0);
    expect(without.output).to.include("is not approved, and `requireApproval` is set");
    untouched(stack);
    const [, digest = ""] = /pulumi destroy -c approved=([0-9a-f]{64})/.exec(without.output) ?? [];

    const other = await stack.destroy("-c", `approved=${"0".repeat(64)}`);
    expect(other.code).to.not.equal(0);
    expect(other.output).to.include("is not what would be destroyed now");
    untouched(stack);

    const { code, output } = await stack.destroy("-c", `approved=${digest}`);
    expect(code, output).to.equal(0);
    const started = stack.journal().findLast(({ event }) => event === "destroy-started");
    expect(started).to.have.property("approved", digest);
    await tornDown(stack);
  });

  it("stays approved while the teardown goes on, over several destroys", async () => {
    const faults = [{ answer: "power-fails-500", times: 4 }];
    stack = await adoptedStack({
      scenario: {
        models: [{ name: "openstack", reap: "2m", releasesMachines: false }],
        machines: machines({ openstack2: { faults } }),
      },
      config: { requireApproval: true },
    });
    const refused = await stack.destroy();
    const [, digest = ""] = /pulumi destroy -c approved=([0-9a-f]{64})/.exec(refused.output) ?? [];
    const cut = await stack.destroy("-c", `approved=${digest}`);
    expect(cut.code).to.not.equal(0);
    expect(stack.journal().some(({ event }) => event === "destroy-model-called")).to.equal(true);
    // Time limits are no part of what is approved.
    stack.configure({ deadline: "3h", stuckAfter: "20m" });
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    await tornDown(stack);
  });

  it("takes the snapshot after the capture and before anything is destroyed; when it fails nothing is", async () => {
    stack = await adoptedStack();
    const script = join(stack.directory, "snapshot.sh");
    const write = (text: string) => {
      writeFileSync(script, `#!/bin/sh\n${text}\n`);
      chmodSync(script, 0o700);
    };
    write("echo the storage is full >&2; exit 5");
    stack.configure({ snapshotCommand: [script], requireSnapshot: true });
    const failed = await stack.destroy();
    expect(failed.code).to.not.equal(0);
    expect(failed.output).to.include("ended with 5").and.to.include("the storage is full");
    untouched(stack);

    write(`echo "$MACHINES" > ${stack.directory}/machines; ls "$RUN_DIRECTORY" > ${stack.directory}/files`);
    const { code, output } = await stack.destroy();
    expect(code, output).to.equal(0);
    expect(readFileSync(join(stack.directory, "machines"), "utf8")).to.equal(
      "openstack0 openstack1 openstack2 openstack3 capi-mgmt\n",
    );
    expect(readFileSync(join(stack.directory, "files"), "utf8")).to.include("SHA256SUMS");
    const events = stack.journal().map(({ event }) => event);
    const taken = events.lastIndexOf("snapshot-ended");
    expect(taken).to.be.greaterThan(events.indexOf("captured"));
    expect(taken).to.be.below(events.findIndex((event) => /release-called|destroy-model-called/.test(event)));
    await tornDown(stack);
  });
});
