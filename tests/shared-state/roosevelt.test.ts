import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { projectRoot } from "../../packages/toolchain/environment.ts";
import { ourKeys, parseSettings } from "../../teardown/config/settings.ts";

const settingsOf = (stack: string) =>
  parseSettings(ourKeys(parse(readFileSync(join(projectRoot, `Pulumi.${stack}.yaml`), "utf8")).config));

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
