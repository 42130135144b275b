import { expect } from "chai";
import { keptRow, parentsOf, urnOfRow } from "../../components/row.ts";

const type = "pulumi-nodejs:dynamic/lab:MaasMachine";
const urns: [string, string, string | undefined][] = [
  [`urn:pulumi:sim::openstack-lab::lab:index:Lab$${type}::openstack0`, "sim::openstack-lab", undefined],
  [
    `urn:pulumi:prod::shop::my:index:Site$lab:index:Lab$${type}::openstack0`,
    "prod::shop::my:index:Site$lab:index:Lab",
    "my:index:Site$lab:index:Lab",
  ],
  [`urn:pulumi:sim::openstack-lab::${type}::openstack0`, "sim::openstack-lab::", ""],
];

describe("a row in the state", () => {
  for (const [urn, kept, parents] of urns)
    it(`is ${kept} for ${urn}, and the other way round`, () => {
      expect(keptRow(urn)).to.equal(kept);
      expect(parentsOf(urn)).to.equal(parents);
      expect(urnOfRow(kept, type, "openstack0")).to.equal(urn);
    });
});
