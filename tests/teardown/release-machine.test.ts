import { expect } from "chai";
import {
  type MaasClient,
  type MaasMachine,
  type ReleaseAnswer,
  type StatusLabel,
  turns,
} from "../../teardown/clients/maas.ts";
import { machineLook } from "../../teardown/look.ts";
import { readyPoller } from "../../teardown/ready-poller.ts";
import { releaseMachine } from "../../teardown/release-machine.ts";
import {
  contextWith,
  fakeMaas,
  host,
  keptRow,
  machine,
  memoryRun,
  modelUuid,
  problemOf,
  recordedMachine,
  recordedModel,
} from "./support/fakes.ts";

const free = { owner: null, ownerData: {}, osystem: "" };
type Post = (set: (label: StatusLabel | "gone", more?: Partial<MaasMachine>) => void) => ReleaseAnswer;

const accepted: Post = (set) => {
  set("releasing");
  return { kind: "accepted", machine: machine({}, "releasing") };
};
const powerFailed: Post = (set) => {
  set("deployed", { osystem: "" });
  return { kind: "power-failed", status: 500, reason: "BMC is not reachable" };
};

/** One machine, what MAAS answers to each release, and what it is once MAAS has finished. */
const setUp = (options: {
  first?: MaasMachine;
  posts?: Post[];
  ends?: (StatusLabel | "gone")[];
  settings?: Record<string, unknown>;
  events?: MaasClient["latestEvents"];
}) => {
  const machines = [options.first ?? machine()];
  const set: Parameters<Post>[0] = (label, more = {}) => {
    if (label === "gone") machines.length = 0;
    else machines[0] = machine({ ...(label === "ready" || label === "new" ? free : {}), ...more }, label);
  };
  const [posts, ends] = [[...(options.posts ?? [accepted])], [...(options.ends ?? ["ready"])]];
  const sent: unknown[] = [];
  const maas = fakeMaas(machines, {
    release: async (systemId, { comment, erase }) => {
      sent.push({ systemId, comment, erase });
      const post = posts.shift();
      if (!post) throw new Error("one release too many");
      return post(set);
    },
    ...(options.events && { latestEvents: options.events }),
  });
  const list = maas.machines;
  maas.machines = async (filter) => {
    const [now] = machines;
    if (now && [12, 14].includes(now.status)) set(ends.shift() ?? "ready");
    return await list(filter);
  };
  const context = contextWith({ maas, ...(options.settings && { settings: options.settings }) });
  const run = memoryRun(undefined, context.clock.now);
  const row = keptRow();
  const around = {
    settings: context.settings,
    host,
    model: recordedModel,
    liveModels: new Set([modelUuid]),
    wholeOf: undefined,
    vmHosts: new Map(),
    ofModel: new Set<string>(),
    begun: new Set<string>(),
    releaseUnclaimed: context.settings.releaseUnclaimed,
  };
  const release = () =>
    releaseMachine({
      context,
      run,
      row,
      recorded: recordedMachine(),
      poller: readyPoller(context),
      look: machineLook(context),
      turns: turns(16),
      around,
    });
  return { release, sent, run, row };
};
const called = (run: ReturnType<typeof memoryRun>) =>
  run.journal.events().filter(({ event }) => event === "release-called");

describe("release of a machine", () => {
  it("sends one release, with the comment and without an erase, and returns when it is Ready", async () => {
    const { release, sent, run } = setUp({});
    expect(await release()).to.match(/^Deployed → Releasing → Ready in /);
    expect(sent).to.deep.equal([{ systemId: "aaa000", comment: "Caracal rebuild teardown", erase: "none" }]);
    expect(run.journal.events().map(({ event }) => event)).to.deep.equal(
      ["machine-state", "release-called", "release-answered", "machine-state", "machine-state"].filter(
        (_, at, all) => at < all.length,
      ),
    );
  });

  it("does nothing to a machine that is Ready, and waits for one that is being released or erased", async () => {
    const ready = setUp({ first: machine(free, "ready"), posts: [] });
    expect(await ready.release()).to.equal("Ready");
    for (const label of ["releasing", "disk_erasing"] as const) {
      const { release, sent, run } = setUp({ first: machine({}, label), posts: [] });
      expect(await release()).to.match(/→ Ready in /);
      expect(sent).to.deep.equal([]);
      expect(called(run)).to.deep.equal([]);
    }
  });

  it("releases again what failed, with MAAS's reason on its row", async () => {
    const { release, sent, row } = setUp({ posts: [powerFailed, accepted] });
    const told = await release();
    expect(sent).to.have.length(2);
    expect(told).to.include("after 1 failed release (BMC is not reachable)");
    expect(
      row.told.some(({ text }) => text.includes("trying again (1 of 3): BMC is not reachable")),
    ).to.equal(true);
  });

  it("says what to do about each kind of failure", async () => {
    const hints: [ReturnType<Post>, RegExp][] = [
      [{ kind: "power-failed", status: 503, reason: "No rack" }, /machine query-power-state aaa000/],
      [{ kind: "refused", why: "image", status: 400, reason: "no image" }, /pulumi destroy -c erase=none/],
      [{ kind: "refused", why: "permission", status: 403, reason: "403" }, /maas admin machine read aaa000/],
      [{ kind: "refused", why: "state", status: 409, reason: "state" }, /Bring it to Ready in MAAS/],
      [{ kind: "refused", why: "vm-host", status: 400, reason: "vm host" }, /maas admin vm-hosts read/],
      [{ kind: "unknown", why: "proxy", reason: "502" }, /events query hostname=openstack0/],
    ];
    for (const [answer, hint] of hints) {
      const { message } = await problemOf(setUp({ posts: Array(4).fill(() => answer) }).release());
      expect(message)
        .to.match(hint)
        .and.to.include(`MAAS says: ${"reason" in answer && answer.reason}`);
    }
    const timedOut = setUp({
      posts: Array(4).fill(accepted),
      ends: Array(4).fill("failed_releasing"),
      events: async () => [
        {
          level: "ERROR",
          type: "Marking node failed",
          description: "Node operation 'Releasing' timed out after 5 minutes.",
          created: "",
          systemId: "",
        },
      ],
    });
    expect((await problemOf(timedOut.release())).message).to.include("machine query-power-state aaa000");
  });

  it("gives up after three more tries, with how to look at its power", async () => {
    const { release, sent, run } = setUp({ posts: Array(5).fill(powerFailed) });
    const { code, message } = await problemOf(release());
    expect(code).to.equal("machine");
    expect(sent).to.have.length(4);
    expect(called(run)).to.have.length(4);
    expect(message).to.match(/^openstack0 \(aaa000\) is Deployed after 4 failed releases; expected: Ready\n/);
    expect(message)
      .to.include("MAAS says: BMC is not reachable")
      .and.to.include("maas admin machine query-power-state aaa000");
  });

  it("takes the reason from MAAS's events when a release fails later", async () => {
    const events = async () => [
      { level: "INFO", type: "Released", description: "", created: "", systemId: "" },
      { level: "ERROR", type: "Failed to power off", description: "timeout", created: "", systemId: "" },
    ];
    const { release } = setUp({ posts: [accepted, accepted], ends: ["failed_releasing", "ready"], events });
    expect(await release()).to.include("after 1 failed release (Failed to power off: timeout)");
  });

  it("releases what an earlier run left failed", async () => {
    const { release, sent } = setUp({ first: machine({}, "failed_releasing") });
    expect(await release()).to.match(/^Releasing failed → Releasing → Ready/);
    expect(sent).to.have.length(1);
  });

  it("does not ask again for what MAAS refuses", async () => {
    const refuses: Post = () => ({ kind: "refused", why: "permission", status: 403, reason: "not yours" });
    const { release, sent } = setUp({ posts: [refuses] });
    const { code, message } = await problemOf(release());
    expect([code, sent.length]).to.deep.equal(["machine", 1]);
    expect(message).to.include("MAAS says: not yours");
  });

  it("says that it is locked when the second look shows that", async () => {
    const refuses: Post = (set) => {
      set("deployed", { locked: true });
      return { kind: "refused", why: "permission", status: 403, reason: "" };
    };
    const { code, message } = await problemOf(setUp({ posts: [refuses] }).release());
    expect(code).to.equal("refused");
    expect(message).to.include("is locked").and.to.include("maas admin machine unlock aaa000");
  });

  it("never releases a machine that is somebody else's by now", async () => {
    for (const first of [
      machine({ owner: "eve" }),
      machine({ locked: true }),
      machine({ hostname: "other" }),
    ]) {
      const { release, sent, run } = setUp({ first });
      expect(await problemOf(release())).to.deep.include({ code: "refused" });
      expect([sent, called(run)]).to.deep.equal([[], []]);
    }
  });

  it("looks for itself when nobody knows whether the release arrived", async () => {
    const lost: Post = (set) => {
      set("releasing");
      return { kind: "unknown", why: "no-answer", reason: "the connection broke" };
    };
    const { release, sent } = setUp({ posts: [lost] });
    expect(await release()).to.match(/Ready/);
    expect(sent).to.have.length(1);
  });

  it("ends in words where MAAS does not release from", async () => {
    const isNew = await problemOf(setUp({ ends: ["new"] }).release());
    expect(isNew.code).to.equal("machine");
    expect(isNew.message).to.include(
      "maas admin machine commission aaa000   # when it is Ready: pulumi destroy",
    );
    const broken = await problemOf(setUp({ first: machine({}, "rescue_mode") }).release());
    expect(broken.message)
      .to.include("is Rescue mode; expected: Ready")
      .and.to.include("Bring it to Ready in MAAS");
  });

  it("names a machine that disappears, and how to accept that", async () => {
    const { code, message } = await problemOf(setUp({ ends: ["gone"] }).release());
    expect(code).to.equal("machine");
    expect(message)
      .to.include("is no longer in MAAS")
      .and.to.include("pulumi destroy -c acceptDeleted=aaa000");
    const accepting = setUp({ ends: ["gone"], settings: { acceptDeleted: "aaa000" } });
    expect(await accepting.release()).to.match(/→ deleted from MAAS in /);
  });
});
