import { expect } from "chai";
import { simulatedRegion } from "./simulated-region.ts";

/** Number, name and filter label of each status, as MAAS gives them. */
const statuses = [
  [0, "New", "new"],
  [1, "Commissioning", "commissioning"],
  [2, "Failed commissioning", "failed_commissioning"],
  [3, "Missing", "missing"],
  [4, "Ready", "ready"],
  [5, "Reserved", "reserved"],
  [6, "Deployed", "deployed"],
  [7, "Retired", "retired"],
  [8, "Broken", "broken"],
  [9, "Deploying", "deploying"],
  [10, "Allocated", "allocated"],
  [11, "Failed deployment", "failed_deployment"],
  [12, "Releasing", "releasing"],
  [13, "Releasing failed", "failed_releasing"],
  [14, "Disk erasing", "disk_erasing"],
  [15, "Failed disk erasing", "failed_disk_erasing"],
  [16, "Rescue mode", "rescue_mode"],
  [17, "Entering rescue mode", "entering_rescue_mode"],
  [18, "Failed to enter rescue mode", "failed_entering_rescue_mode"],
  [19, "Exiting rescue mode", "exiting_rescue_mode"],
  [20, "Failed to exit rescue mode", "failed_exiting_rescue_mode"],
  [21, "Testing", "testing"],
  [22, "Failed testing", "failed_testing"],
] as const;

const machines = [
  { hostname: "one", powerType: "lxd", pod: "kvm", tags: ["a", "b"], zone: "east", agentName: "uuid-1" },
  { hostname: "two", status: "Ready", tags: ["a"] },
  { hostname: "three", owner: "someone", status: "Releasing failed" },
];

describe("The list of machines in the simulated MAAS", () => {
  const { ask } = simulatedRegion({ machines });
  const names = async (query: string, user = "admin"): Promise<unknown> => {
    const { status, body } = await ask("GET", `machines/${query}`, { user });
    const parsed: unknown = JSON.parse(body);
    return Array.isArray(parsed) && status === 200
      ? parsed.map(({ hostname }) => hostname)
      : [status, parsed];
  };

  for (const [query, found] of [
    ["", ["one", "two", "three"]],
    ["?hostname=one&hostname=three", ["one", "three"]],
    ["?id={two}", ["two"]],
    ["?status=ready&status=failed_releasing", ["two", "three"]],
    ["?not_status=ready", ["one", "three"]],
    ["?owner=juju", ["one"]],
    ["?agent_name=uuid-1", ["one"]],
    ["?pod=kvm", ["one"]],
    ["?pod_type=lxd", ["one"]],
    ["?zone=east", ["one"]],
    ["?zone=default", ["two", "three"]],
    ["?pool=default&domain=maas&tags=a&tags=b", ["one"]],
    ["?hostname=one&status=ready", []],
  ] as const)
    it(`with ${query || "no filter"} holds ${found.join(", ") || "nothing"}`, async () => {
      expect(await names(query)).to.deep.equal(found);
    });

  it("finds a machine by its MAC address, however written", async () => {
    const { body } = await ask("GET", "machines/?hostname=two");
    const mac: string = JSON.parse(body)[0].boot_interface.mac_address;
    expect(await names(`?mac_address=${mac.toUpperCase()}`)).to.deep.equal(["two"]);
  });

  it("shows others only their own machines and those that nobody owns", async () => {
    expect(await names("", "juju")).to.deep.equal(["one", "two"]);
    expect((await ask("GET", "machines/{three}/", { user: "juju" })).status).to.equal(403);
  });

  it("always knows the default zone, pool and domain", async () => {
    const empty = simulatedRegion({ machines: [] });
    const { status, body } = await empty.ask("GET", "machines/?zone=default&pool=default&domain=maas");
    expect([status, body]).to.deep.equal([200, "[]"]);
  });

  it("refuses pools and domains that are not there", async () => {
    expect(await names("?pool=x")).to.deep.equal([400, { pool: ["No such pool(s): x."] }]);
    expect(await names("?domain=x&domain=y")).to.deep.equal([400, { domain: ["No such domain(s): x, y."] }]);
  });

  it("gives each status its number and filter label", async () => {
    for (const [number, name, label] of statuses) {
      const region = simulatedRegion({ machines: [{ hostname: "one", status: name, powerState: "off" }] });
      const { body } = await region.ask("GET", `machines/?status=${label}`);
      expect(JSON.parse(body)[0], name).to.include({ status: number, status_name: name });
    }
  });

  it("is refused to nobody in particular, in a way that looks like a bad request", async () => {
    const answer = await ask("GET", "machines/", { user: "" });
    expect(answer).to.include({ status: 400, body: "Unrecognised signature: method=GET op=None" });
  });
});

describe("Beside machines, the simulated MAAS", () => {
  const region = simulatedRegion({
    machines: [...machines, { hostname: "host", hostsVms: "on-host" }, { hostname: "guest", pod: "on-host" }],
  });
  const json = async (path: string, user?: string): Promise<ReturnType<typeof JSON.parse>> =>
    JSON.parse((await region.ask("GET", path, user === undefined ? {} : { user })).body);

  it("lists VM hosts, also by their older name, and reads one", async () => {
    expect(
      (await json("vm-hosts/")).map(({ id, name }: { id: number; name: string }) => [id, name]),
    ).to.deep.equal([
      [1, "kvm"],
      [2, "on-host"],
    ]);
    expect(await json("pods/1/")).to.include({ name: "kvm", type: "lxd" });
    expect(await region.ask("GET", "vm-hosts/9/")).to.include({
      status: 404,
      body: "No Pod matches the given query.",
    });
    expect((await json("machines/{one}/")).pod).to.include({ id: 1, name: "kvm" });
  });

  it("lets an administrator delete a VM host, with its virtual machines", async () => {
    expect((await region.ask("DELETE", "vm-hosts/2/", { user: "juju" })).status).to.equal(403);
    expect((await region.ask("DELETE", "vm-hosts/2/")).status).to.equal(204);
    expect(region.maas.inventory.machines().map(({ hostname }) => hostname)).to.not.include("guest");
    expect((await json("vm-hosts/")).length).to.equal(1);
  });

  it("deletes a machine for an administrator, unless it is locked", async () => {
    expect((await region.ask("DELETE", "machines/{one}/", { user: "juju" })).status).to.equal(403);
    await region.ask("POST", "machines/{one}/?op=lock");
    expect((await region.ask("DELETE", "machines/{one}/")).status).to.equal(403);
    await region.ask("POST", "machines/{one}/?op=unlock");
    expect((await region.ask("DELETE", "machines/{one}/")).status).to.equal(204);
    expect((await region.ask("GET", "machines/{one}/")).status).to.equal(404);
  });

  it("lists users", async () => {
    expect((await json("users/")).map(({ username }: { username: string }) => username)).to.deep.equal([
      "admin",
      "juju",
    ]);
    expect(await json("users/juju/")).to.include({ username: "juju", is_superuser: false });
    expect(await region.ask("GET", "users/nobody/")).to.include({
      status: 404,
      body: "No User matches the given query.",
    });
  });

  it("says that it is simulated, and describes itself", async () => {
    expect(await json("version/", "")).to.include({ version: "3.6.5", subversion: "simulated" });
    const { resources, handlers, hash } = await json("describe/", "");
    expect(await region.ask("GET", "describe/", { user: "" })).to.include({
      type: "application/json",
      hash: false,
    });
    expect(handlers.map(({ name }: { name: string }) => name)).to.include("MachinesHandler");
    expect(hash).to.match(/^[0-9a-f]{40}$/);
    const machine = resources.find(({ name }: { name: string }) => name === "MachineHandler").auth;
    const release = machine.actions.find(({ name }: { name: string }) => name === "release");
    expect(release).to.include({ method: "POST", op: "release", restful: false });
    expect(release.doc).to.match(/^Release a machine\n\n:param comment: [\s\S]*\n:param quick_erase: /);
  });

  it("has zones, and lists what is allocated to the user who asks", async () => {
    const { ask } = simulatedRegion({
      machines: [
        { hostname: "one", zone: "rack2" },
        { hostname: "two", status: "Allocated", owner: "juju", addresses: ["192.0.2.7"] },
      ],
    });
    const zones = JSON.parse((await ask("GET", "zones/")).body);
    expect(zones.map(({ name }: { name: string }) => name)).to.deep.equal(["default", "rack2"]);
    const mine = JSON.parse((await ask("GET", "machines/?op=list_allocated", { user: "juju" })).body);
    expect(mine).to.have.length(1);
    expect(mine[0]).to.deep.include({ hostname: "two", ip_addresses: ["192.0.2.7"] });
    expect((await ask("GET", "machines/?op=power_parameters")).status).to.equal(200);
    expect((await ask("GET", "machines/?op=power_parameters", { user: "juju" })).status).to.equal(403);
  });

  it("answers 501 to what MAAS has and it has not, naming it", async () => {
    const fresh = simulatedRegion({ machines });
    const text = (what: string): string =>
      `The simulated lab does not implement ${what}. See packages/simulator/README.md for what it does.`;
    for (const [method, path, what] of [
      ["POST", "machines/?op=allocate", "POST /machines/ op=allocate"],
      ["POST", "machines/?op=accept_all", "POST /machines/ op=accept_all"],
      ["GET", "machines/?op=is_registered", "GET /machines/ op=is_registered"],
      ["PUT", "machines/{two}/", "PUT /machines/{system_id}/"],
      ["POST", "vm-hosts/", "POST /vm-hosts/"],
      ["PUT", "vm-hosts/1/", "PUT /vm-hosts/1/"],
    ] as const)
      expect(await fresh.ask(method, path), path).to.include({ status: 501, body: text(what) });
  });

  it("answers 400 to operations of something else", async () => {
    for (const [method, path] of [
      ["POST", "machines/?op=lock"],
      ["GET", "machines/?op=release"],
      ["POST", "machines/{two}/?op=accept"],
      ["POST", "users/?op=whoami"],
    ] as const)
      expect(await region.ask(method, path), path).to.include({
        status: 400,
        body: `Unrecognised signature: method=${method} op=${path.split("=")[1]}`,
      });
  });

  it("answers 404 to what MAAS has not", async () => {
    expect((await region.ask("GET", "nothing/")).status).to.equal(404);
    expect((await region.ask("GET", "../../elsewhere/")).status).to.equal(404);
  });

  it("knows mark_broken, mark_fixed, exit_rescue_mode and the power state", async () => {
    const { ask, read } = simulatedRegion({
      machines: [{ hostname: "r", status: "Rescue mode" }, { hostname: "d" }],
    });
    expect((await ask("POST", "machines/{r}/?op=exit_rescue_mode", { user: "juju" })).status).to.equal(403);
    await ask("POST", "machines/{r}/?op=exit_rescue_mode");
    expect((await read("r"))?.status_name).to.equal("Ready");
    await ask("POST", "machines/{d}/?op=mark_broken");
    expect((await read("d"))?.status_name).to.equal("Broken");
    expect((await ask("POST", "machines/{d}/?op=mark_fixed", { user: "juju" })).status).to.equal(403);
    await ask("POST", "machines/{d}/?op=mark_fixed");
    expect(await read("d")).to.include({ status_name: "Ready", owner: null });
    expect(JSON.parse((await ask("GET", "machines/{d}/?op=query_power_state")).body)).to.deep.equal({
      state: "on",
    });
  });
});

describe("The events of the simulated MAAS", () => {
  const region = simulatedRegion({
    machines: [
      { hostname: "one", powerState: "off" },
      { hostname: "two", powerState: "off" },
      { hostname: "three", owner: "someone" },
    ],
  });
  const types = async (query: string, user = "admin"): Promise<string[]> => {
    const { events } = JSON.parse((await region.ask("GET", `events/?op=query${query}`, { user })).body);
    return events.map(({ hostname, type }: { hostname: string; type: string }) => `${hostname} ${type}`);
  };
  before(async () => {
    await region.ask("POST", "machines/{one}/?op=release");
    await region.ask("POST", "machines/{two}/?op=release", { form: "comment=bye" });
    await region.ask("POST", "machines/{three}/?op=lock", { form: "comment=mine" });
  });

  it("are those of INFO and above unless asked for more", async () => {
    expect(await types("")).to.deep.equal(["two Released", "two Releasing", "one Released", "one Releasing"]);
    expect((await types("&level=DEBUG&hostname=three"))[0]).to.equal("three User locked node");
    expect((await types("&level=DEBUG")).length).to.equal(11);
  });

  it("can be narrowed by machine, number and page", async () => {
    expect(await types("&hostname=one")).to.deep.equal(["one Released", "one Releasing"]);
    expect(await types("&id={two}&limit=1")).to.deep.equal(["two Released"]);
    expect(await types("&level=DEBUG&after=9")).to.deep.equal(["three User locked node", "two Released"]);
    expect(await types("&before=4")).to.deep.equal(["one Releasing"]);
  });

  it("come a hundred at a time unless told otherwise", async () => {
    const { ask } = simulatedRegion({ machines: [{ hostname: "one" }] });
    for (let round = 0; round < 60; round += 1) {
      await ask("POST", "machines/{one}/?op=lock");
      await ask("POST", "machines/{one}/?op=unlock");
    }
    const { count, events } = JSON.parse((await ask("GET", "events/?op=query&level=DEBUG")).body);
    expect([count, events.length, events[0].id]).to.deep.equal([100, 100, 120]);
  });

  it("lead from page to page", async () => {
    const { next_uri: next, prev_uri: previous } = JSON.parse(
      (await region.ask("GET", "events/?op=query&limit=1&level=DEBUG&after=2&before=9")).body,
    );
    expect(next).to.equal("/MAAS/api/2.0/events/?op=query&limit=1&level=DEBUG&after=8");
    expect(previous).to.equal("/MAAS/api/2.0/events/?op=query&limit=1&level=DEBUG&before=8");
    const { body } = await region.ask("GET", "events/?op=query&after=999");
    expect(JSON.parse(body)).to.deep.equal({
      count: 0,
      events: [],
      next_uri: "/MAAS/api/2.0/events/?op=query",
      prev_uri: null,
    });
  });

  it("can be asked for with the operation in the path", async () => {
    expect((await region.ask("GET", "events/op-query")).status).to.equal(200);
  });

  it("hide other users' machines", async () => {
    expect((await types("&level=DEBUG", "juju")).some((type) => type.startsWith("three"))).to.equal(false);
  });

  it("refuse a level that there is not", async () => {
    expect((await region.ask("GET", "events/?op=query&level=LOUD")).status).to.equal(400);
    expect((await region.ask("GET", "events/")).status).to.equal(400);
  });
});
