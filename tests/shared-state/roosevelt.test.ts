import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { stackFileNow } from "../../teardown/config/run-time.ts";
import { parseSettings } from "../../teardown/config/settings.ts";

const settingsOf = (stack: string) => parseSettings(stackFileNow(projectRoot, stack));

describe("the stack of a production-like lab", () => {
  it("is a valid configuration, protected, of another MAAS and other machines than the lab's", () => {
    const roosevelt = settingsOf("roosevelt");
    const lab = settingsOf("lab");
    expect(roosevelt.protect).to.equal(true);
    expect(lab.protect).to.equal(false);
    expect(roosevelt.simulated).to.equal(false);
    expect(roosevelt.maasProfile).to.not.equal(lab.maasProfile);
    expect(roosevelt.machines.filter((name) => lab.machines.includes(name))).to.deep.equal([]);
    // Where another machine finds it.
    expect(roosevelt.backupRoot).to.match(/^\//);
  });

  it("holds no secret", () => {
    const text = readFileSync(join(projectRoot, "Pulumi.roosevelt.yaml"), "utf8");
    expect(text).to.not.match(/maasApiKey|secure:|postgres:\/\/[^@]*:[^@]*@/);
  });
});
