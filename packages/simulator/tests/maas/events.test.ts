import { expect } from "chai";
import { type SimulatedRegion, simulatedRegion } from "./simulated-region.ts";

const minute = 60_000;

/** What happened to a machine by its events, oldest first. */
const eventsOf = async ({ ask }: SimulatedRegion): Promise<string[]> => {
  const { events } = JSON.parse((await ask("GET", "events/?op=query&level=AUDIT&hostname=one")).body);
  return events
    .toReversed()
    .map(({ level, username, type, description }: Record<string, string>) =>
      [level, username === "unknown" ? "" : `by ${username}`, type, description]
        .filter((part) => part !== "")
        .join(" | "),
    );
};

const region = (machine: Record<string, unknown> = {}): SimulatedRegion =>
  simulatedRegion({ machines: [{ hostname: "one", release: "1m", erase: "10m", ...machine }] });

const beginning = [
  "DEBUG | by admin | User releasing node | (admin)",
  "DEBUG | Node changed status | From 'Deployed' to 'Releasing'",
  "INFO | Releasing",
];

describe("The events of a machine tell of", () => {
  it("a release whose power never goes off", async () => {
    const one = region({ faults: [{ answer: "never-off" }] });
    void one.ask("POST", "machines/{one}/?op=release");
    await one.clock.advance(5 * minute);
    expect(await eventsOf(one)).to.deep.equal([
      ...beginning,
      "ERROR | Marking node failed | Node operation 'Releasing' timed out after 5 minutes.",
      "DEBUG | Node changed status | From 'Releasing' to 'Releasing failed'",
    ]);
    expect(await one.read("one")).to.include({ status_action: "mark_failed" });
  });

  it("a release whose power-off fails", async () => {
    const one = region({ faults: [{ answer: "power-fails-500" }] });
    void one.ask("POST", "machines/{one}/?op=release");
    await one.clock.advance(minute);
    expect(await eventsOf(one)).to.deep.equal([
      ...beginning,
      "DEBUG | Node changed status | From 'Releasing' to 'Deployed'",
      "DEBUG | Failed to power off node | Could not contact BMC: connection timed out",
    ]);
  });

  it("an erasure, aborted, and the release after it", async () => {
    const one = region();
    await one.ask("POST", "machines/{one}/?op=release", { form: "erase=true&comment=wipe it" });
    expect(await one.read("one")).to.include({ status_message: null });
    await one.ask("POST", "machines/{one}/?op=abort");
    expect(await one.read("one")).to.include({ status_message: "Aborted disk erasing" });
    await one.ask("POST", "machines/{one}/?op=release");
    expect(await eventsOf(one)).to.deep.equal([
      "DEBUG | by admin | User releasing node | (admin) - wipe it",
      "DEBUG | Node changed status | From 'Deployed' to 'Disk erasing'",
      "INFO | by admin | Aborted disk erasing",
      "DEBUG | Node changed status | From 'Disk erasing' to 'Failed disk erasing'",
      "DEBUG | by admin | User releasing node | (admin)",
      "DEBUG | Node changed status | From 'Failed disk erasing' to 'Releasing'",
      "INFO | Releasing",
      "DEBUG | Node changed status | From 'Releasing' to 'Ready'",
      "INFO | Released",
    ]);
  });

  it("an erasure that ends, and the release that follows", async () => {
    const one = region();
    await one.ask("POST", "machines/{one}/?op=release", { form: "erase=true" });
    await one.clock.advance(11 * minute);
    expect((await eventsOf(one)).slice(2)).to.deep.equal([
      "DEBUG | Node changed status | From 'Disk erasing' to 'Releasing'",
      "INFO | Releasing",
      "DEBUG | Node changed status | From 'Releasing' to 'Ready'",
      "INFO | Released",
    ]);
  });

  it("locks, with their comments", async () => {
    const one = region();
    await one.ask("POST", "machines/{one}/?op=lock", { form: "comment=mine" });
    await one.ask("POST", "machines/{one}/?op=unlock", { form: "comment=not mine" });
    expect(await eventsOf(one)).to.deep.equal([
      "DEBUG | by admin | User locked node | mine",
      "DEBUG | by admin | User unlocked node | not mine",
    ]);
  });

  it("an abort that is no erasure's, and a machine that is called broken", async () => {
    const one = region({ status: "Deploying" });
    await one.ask("POST", "machines/{one}/?op=abort");
    await one.ask("POST", "machines/{one}/?op=mark_broken");
    expect(await eventsOf(one)).to.deep.equal([
      "DEBUG | by admin | User aborted action",
      "DEBUG | Node changed status | From 'Deploying' to 'Allocated'",
      "DEBUG | Node changed status | From 'Allocated' to 'Broken'",
    ]);
  });
});

describe("Operations on a machine that is somebody else's or locked", () => {
  for (const [what, machine, user] of [
    ["somebody else's", { owner: "someone" }, "juju"],
    ["locked", { locked: true }, "admin"],
  ] as const)
    for (const [operation, status] of [
      ["release", "Deployed"],
      ["abort", "Disk erasing"],
      ["mark_broken", "Deployed"],
      ["mark_fixed", "Broken"],
      ["exit_rescue_mode", "Rescue mode"],
      ["power_off", "Deployed"],
    ] as const)
      it(`are refused: ${operation} of one that is ${what}`, async () => {
        const { ask, read } = region({ ...machine, status });
        expect(await ask("POST", `machines/{one}/?op=${operation}`, { user })).to.include({
          status: 403,
          body: "",
        });
        expect(await ask("POST", `machines/{one}/op-${operation}`, { user })).to.include({
          status: 403,
          body: "",
        });
        expect((await read("one"))?.status_name).to.equal(status);
      });

  it("are refused: locking and unlocking what is somebody else's", async () => {
    const theirs = region({ owner: "someone" });
    expect((await theirs.ask("POST", "machines/{one}/op-lock", { user: "juju" })).status).to.equal(403);
    await theirs.ask("POST", "machines/{one}/op-lock");
    expect((await theirs.ask("POST", "machines/{one}/op-unlock", { user: "juju" })).status).to.equal(403);
    expect((await theirs.ask("POST", "machines/{one}/op-unlock")).status).to.equal(200);
  });

  it("power a machine off when asked, after a while", async () => {
    const { ask, clock, read } = region();
    const off = ask("POST", "machines/{one}/op-power_off");
    await clock.advance(minute - 1);
    expect(await read("one")).to.include({ power_state: "on" });
    await clock.advance(1);
    expect((await off).status).to.equal(200);
    expect(await read("one")).to.include({ power_state: "off", status_name: "Deployed" });
  });

  it("show an administrator the power parameters, and others not", async () => {
    const { ask } = region();
    expect(await ask("GET", "machines/{one}/op-power_parameters")).to.include({ status: 200, body: "{}" });
    expect((await ask("GET", "machines/{one}/op-query_power_state")).status).to.equal(200);
    expect((await ask("GET", "machines/{one}/op-power_parameters", { user: "juju" })).status).to.equal(403);
  });

  for (const form of ["", "erase=true"])
    it(`let faults that wait for a release begin with the first one (${form || "plain"}), once`, async () => {
      const one = region();
      let began = 0;
      one.maas.region.onRelease.push(() => {
        began += 1;
      });
      void one.ask("POST", "machines/{one}/?op=release", { form });
      await one.clock.advance(1);
      expect(began).to.equal(1);
      await one.clock.advance(11 * minute);
      void one.ask("POST", "machines/{one}/?op=release");
      await one.clock.advance(minute);
      expect(began).to.equal(1);
    });
});
