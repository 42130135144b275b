import { expect } from "chai";
import { parseSettings, settingKeys } from "../../teardown/config/settings.ts";
import { declared, generated } from "./configuration.ts";
import { textOf } from "./support/tracked.ts";

const least = {
  host: "vopenstack-jesse",
  user: "jessea123",
  jujuModel: "openstack",
  maasProfile: "admin",
  machines: ["openstack0"],
};

describe("The configuration", () => {
  it("has the same keys in Pulumi.yaml and in the schema, but for the secret one", () => {
    expect([...Object.keys(declared()), "maasApiKey"].sort()).to.deep.equal([...settingKeys].sort());
  });

  it("has the same defaults in Pulumi.yaml and in the schema", () => {
    const defaults = Object.fromEntries(Object.entries(declared()).map(([key, kind]) => [key, kind.default]));
    expect(parseSettings({ ...defaults, ...least })).to.deep.equal(parseSettings(least));
  });

  it("has a page that is up to date (else: node tests/docs/configuration.ts)", () => {
    const page = textOf("docs/configuration.md");
    expect(page).to.equal(generated(page));
    for (const key of settingKeys) expect(page, key).to.include(key);
  });
});
