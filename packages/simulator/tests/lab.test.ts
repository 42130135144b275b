import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, type LabOptions, startLab } from "../lab.ts";
import { oauthHeader } from "../maas/cli/call.ts";

const labs: Lab[] = [];

const lab = async (options: Omit<LabOptions, "dir"> = {}): Promise<Lab> => {
  const started = await startLab({ speed: 1000, ...options, dir: mkdtempSync(join(tmpdir(), "lab-")) });
  labs.push(started);
  return started;
};

const api = (started: Lab, path: string, init: RequestInit = {}): Promise<Response> => {
  const [consumer = "", token = "", secret = ""] = started.apiKey.split(":");
  const headers = {
    ...Object.fromEntries(new Headers(init.headers)),
    Authorization: oauthHeader([consumer, token, secret], Date.now),
  };
  return fetch(`${started.url}/MAAS/api/2.0/${path}`, { ...init, headers });
};

const outcome = async (work: Promise<Response>): Promise<string> => {
  try {
    const response = await work;
    return `${response.status} ${(await response.text()).slice(0, 40)}`;
  } catch {
    return "failed";
  }
};

describe("The simulated lab", () => {
  afterEach(async () => {
    for (const started of labs.splice(0)) {
      await started.stop();
      rmSync(started.dir, { recursive: true });
    }
  });

  it("holds five machines in one model unless told otherwise", async () => {
    const { state } = await lab();
    const { machines } = state();
    expect(machines.map(({ hostname }) => hostname)).to.deep.equal([
      "openstack0",
      "openstack1",
      "openstack2",
      "openstack3",
      "capi-mgmt",
    ]);
    expect(new Set(machines.map(({ agentName }) => agentName)).size).to.equal(1);
    expect(machines[1]?.ownerData["juju-machine-id"]).to.match(/^juju-[0-9a-f]{6}-1$/);
    expect(machines.every(({ status, owner }) => status === "Deployed" && owner === "juju")).to.equal(true);
  });

  it("writes a home with the profile, for its owner only, and what to source", async () => {
    const { dir, env, maasUrl } = await lab();
    expect(statSync(join(dir, "home", ".maascli.db")).mode & 0o777).to.equal(0o600);
    const { stdout } = await execa("sh", ["-c", `. ${dir}/env.sh; maas list; echo $JUJU_DATA`]);
    expect(stdout.split("\n")[0]).to.match(new RegExp(`^admin ${maasUrl}/MAAS/api/2.0/ \\w+:\\w+:\\w+$`));
    expect(stdout).to.contain(env.JUJU_DATA);
  });

  it("accepts multipart and form bodies alike, and JSON for a single release", async () => {
    const started = await lab();
    const ids = started.state().machines.map(({ systemId }) => systemId);
    const form = new FormData();
    form.append("comment", "several words\nand lines");
    const bodies: RequestInit[] = [
      { method: "POST", body: form },
      { method: "POST", body: new URLSearchParams({ comment: "x" }) },
      {
        method: "POST",
        body: '{"comment":"x","erase":false}',
        headers: { "Content-Type": "application/json" },
      },
    ];
    for (const [index, init] of bodies.entries()) {
      const response = await api(started, `machines/${ids[index]}/?op=release`, init);
      expect(await response.json()).to.include({ status_name: "Releasing" });
    }
    expect(
      started
        .state()
        .machines.slice(0, 3)
        .map(({ status }) => status),
    ).to.deep.equal(["Ready", "Ready", "Ready"]);
    expect(started.calls().at(0)?.detail).to.deep.equal({
      user: "admin",
      comment: "several words\r\nand lines",
    });
    const inBody = await api(started, `machines/${ids[3]}/`, {
      method: "POST",
      body: new URLSearchParams({ op: "release" }),
    });
    expect(inBody.status).to.equal(200);
  });

  it("logs each call when it begins and when it ends, without the key", async () => {
    const started = await lab();
    await (await api(started, "users/?op=whoami")).text();
    await fetch(`${started.url}/MAAS/api/2.0/users/?op=whoami`, {
      headers: {
        Authorization: oauthHeader(
          [started.apiKey.split(":")[0] ?? "", started.apiKey.split(":")[1] ?? "", "x"],
          Date.now,
        ),
      },
    });
    const text = readFileSync(join(started.dir, "calls.jsonl"), "utf8");
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ phase, call, answer }) => [phase, call, answer])).to.deep.equal([
      ["begin", 1, ""],
      ["end", 1, "200"],
      ["begin", 2, ""],
      ["end", 2, "401"],
    ]);
    expect(text).not.to.contain(started.apiKey.split(":")[2]);
  });

  for (const [kind, seen] of [
    ["reset", /^failed$/],
    ["500", /^500 /],
    ["503", /^503 /],
    ["401", /^401 Authorization Error/],
    ["html", /^200 <html>/],
    ["truncated", /^failed$/],
    ["slow", /^200 /],
  ] as const)
    it(`lets the whole MAAS side break for a while: ${kind}`, async () => {
      const started = await lab({
        scenario: { faults: [{ side: "maas", kind, times: 1, match: "whoami" }] },
      });
      expect(await outcome(api(started, "version/"))).to.match(/^200/);
      expect(await outcome(api(started, "users/?op=whoami"))).to.match(seen);
      expect(await outcome(api(started, "users/?op=whoami"))).to.match(/^200/);
    });

  it("lets the MAAS side hang", async () => {
    const started = await lab({ scenario: { faults: [{ side: "maas", kind: "hang", times: 1 }] } });
    expect(await outcome(api(started, "version/", { signal: AbortSignal.timeout(200) }))).to.equal("failed");
    expect(await outcome(api(started, "version/"))).to.match(/^200/);
  });

  it("refuses connections for a while", async () => {
    const started = await lab({ speed: 1 });
    const version = (): Promise<string> => outcome(fetch(`${started.maasUrl}/MAAS/api/2.0/version/`));
    const settled = async (wanted: RegExp): Promise<string> => {
      for (;;) {
        const seen = await version();
        if (wanted.test(seen)) return seen;
      }
    };
    expect(await version()).to.match(/^200/);
    await started.control({ op: "add-fault", fault: { side: "maas", kind: "refused", for: "250ms" } });
    expect(await settled(/failed/)).to.equal("failed");
    const error = await fetch(`${started.maasUrl}/MAAS/api/2.0/version/`).catch(
      (reason: Error) => reason.cause,
    );
    expect(error).to.have.property("code", "ECONNREFUSED");
    expect(await settled(/^200/)).to.match(/^200/);
    await started.control({ op: "add-fault", fault: { side: "maas", kind: "refused" } });
    expect(await settled(/failed/)).to.equal("failed");
    await started.control({ op: "clear-faults" });
    expect(await settled(/^200/)).to.match(/^200/);
  });

  it("lets faults begin with the first release", async () => {
    const started = await lab({
      speed: 100,
      scenario: {
        machines: [{ hostname: "one", release: "1s" }],
        faults: [{ side: "maas", kind: "503", from: "release+0s", for: "3600s" }],
      },
    });
    expect(await outcome(api(started, "users/?op=whoami"))).to.match(/^200/);
    const [machine] = started.state().machines;
    expect(
      await outcome(api(started, `machines/${machine?.systemId}/?op=release`, { method: "POST" })),
    ).to.match(/^200/);
    expect(await outcome(api(started, "users/?op=whoami"))).to.match(/^503/);
    await started.control({ op: "clear-faults" });
    expect(await outcome(api(started, "users/?op=whoami"))).to.match(/^200/);
  });

  it("obeys control operations, in process and over HTTP", async () => {
    const started = await lab();
    const order = (operation: unknown): Promise<Response> =>
      fetch(`${started.url}/simulator/control`, { method: "POST", body: JSON.stringify(operation) });
    const machine = (hostname: string): unknown =>
      started.state().machines.find((one) => one.hostname === hostname);
    const before = started.state().machines[0]?.systemId;
    await order({ op: "set-machine", hostname: "openstack1", fields: { locked: true, status: "Broken" } });
    expect(machine("openstack1")).to.include({ locked: true, status: "Broken" });
    await order({ op: "remove-machine", hostname: "openstack2" });
    expect(machine("openstack2")).to.equal(undefined);
    await order({ op: "replace-machine", hostname: "openstack0" });
    const replaced = started.state().machines.find(({ hostname }) => hostname === "openstack0");
    expect(replaced?.systemId)
      .to.match(/^[a-z0-9]{6}$/)
      .and.not.equal(before);
    await order({ op: "add-machine", machine: { hostname: "new", status: "Ready" } });
    expect(machine("new")).to.include({ status: "Ready", owner: null });
    await order({ op: "add-fault", fault: { side: "maas", kind: "500", times: 1 } });
    expect(await outcome(api(started, "version/"))).to.match(/^500/);
    await order({ op: "add-fault", hostname: "openstack3", fault: { answer: "state-409" } });
    const id = started.state().machines.find(({ hostname }) => hostname === "openstack3")?.systemId;
    expect(await outcome(api(started, `machines/${id}/?op=release`, { method: "POST" }))).to.match(/^409/);
    expect((await order({ op: "no-such-thing" })).status).to.equal(400);
    expect((await order({ op: "set-machine", hostname: "nobody", fields: {} })).status).to.equal(400);
    expect((await order({ op: "set-machine", hostname: "new", fields: { colour: "red" } })).status).to.equal(
      400,
    );
    expect(await (await fetch(`${started.url}/simulator/state`)).json())
      .to.have.property("machines")
      .with.length(5);
    expect(await (await fetch(`${started.url}/simulator/calls`)).json()).to.have.length(2);
  });

  it("runs juju for its stand-in", async () => {
    const { env } = await lab();
    const { stdout } = await execa("juju", ["whoami", "--format=json"], { env });
    expect(JSON.parse(stdout)).to.include({ controller: "maas-lab", user: "admin" });
  });

  it("lists a thousand machines of realistic size without holding up others", async () => {
    const machines = Array.from({ length: 1000 }, (_, index) => ({ hostname: `node${index}` }));
    const started = await lab({ scenario: { machines } });
    let done = false;
    const list = api(started, "machines/").then(async (response) => {
      const text = await response.text();
      done = true;
      return text;
    });
    let others = 0;
    while (!done) {
      await (await api(started, "users/?op=whoami")).text();
      others += 1;
    }
    const text = await list;
    expect(JSON.parse(text)).to.have.length(1000);
    expect(text.length / 1000).to.be.within(12_000, 20_000);
    expect(others).to.be.greaterThan(2);
  });

  it("with latency takes as long for a machine as the real one", async () => {
    const started = await lab({ latency: true });
    expect(started.env.SIMULATED_LAB_LATENCY).to.equal("1");
    await (await api(started, "machines/")).text();
    await (await api(started, "users/?op=whoami")).text();
    const [list] = started.calls();
    expect(list?.took).to.be.at.least(5 * 14 - 1);
  });

  it("refuses a scenario that it does not understand, naming the field", async () => {
    const refused = await startLab({
      dir: tmpdir(),
      scenario: { machines: [{ hostname: "one", colour: "red" }] },
    }).catch((error: Error) => error.message);
    expect(refused).to.contain("machines[0]").and.contain("colour");
    const unknown = await startLab({
      dir: tmpdir(),
      scenario: { machines: [{ hostname: "one", model: "x" }] },
    }).catch((error: Error) => error.message);
    expect(unknown).to.contain("Machine one is in model x");
  });
});
