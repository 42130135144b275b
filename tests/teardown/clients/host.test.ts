import { hostname, userInfo } from "node:os";
import { expect } from "chai";
import { thisHost } from "../../../teardown/clients/host.ts";

const system = {
  hostname: () => "VOpenstack-Jesse.lab.example",
  userInfo: () => ({ username: "jessea123" }),
  networkInterfaces: () => ({
    lo: [{ address: "127.0.0.1", internal: true }],
    eth0: [
      { address: "10.12.8.4", internal: false },
      { address: "FE80::1%eth0", internal: false },
      { address: "fd00::4", internal: false },
    ],
    none: undefined,
  }),
};

describe("host", () => {
  it("reads names, user and the addresses that tell hosts apart", () => {
    expect(thisHost(system)).to.deep.include({
      hostname: "vopenstack-jesse",
      hostnames: ["vopenstack-jesse.lab.example", "vopenstack-jesse"],
      user: "jessea123",
      addresses: ["10.12.8.4", "fd00::4"],
    });
  });

  it("reads the real system by default", () => {
    const host = thisHost();
    expect(host.user).to.equal(userInfo().username);
    expect(host.hostnames).to.include(hostname().toLowerCase());
  });

  it("recognises itself by either name or any address", () => {
    const { isThisHost } = thisHost(system);
    expect(isThisHost({ hostname: "vopenstack-jesse" })).to.equal(true);
    expect(isThisHost({ hostname: "other", fqdn: "VOPENSTACK-JESSE.maas" })).to.equal(true);
    expect(isThisHost({ hostname: "other", ipAddresses: ["10.1.1.1", "FD00::4"] })).to.equal(true);
  });

  it("is not another machine because of nothing, or of addresses that every host has", () => {
    const { isThisHost } = thisHost(system);
    expect(
      isThisHost({ hostname: "openstack0", fqdn: "openstack0.maas", ipAddresses: ["10.12.8.40"] }),
    ).to.equal(false);
    expect(isThisHost({ hostname: "openstack0", fqdn: "", ipAddresses: ["127.0.0.1", "fe80::1"] })).to.equal(
      false,
    );
    expect(isThisHost({ hostname: "vopenstack-jesse2" })).to.equal(false);
  });
});
