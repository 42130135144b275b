import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { identify } from "../../../teardown/clients/engine-process.ts";
import { TeardownError } from "../../../teardown/errors.ts";
import { dropLock, takeLock } from "../../../teardown/run/lock.ts";
import { problemOf } from "../support/fakes.ts";
import { temporaryDirectory, type Worker, worker } from "./support.ts";

const taker = `
  import { takeLock, dropLock } from "./teardown/run/lock.ts";
  const [file, wait] = process.argv.slice(1);
  try { await takeLock(file, undefined, Number(wait)); console.log("taken"); } catch (error) { console.log(error.code, error.message.split("\\n")[0]); }
  process.stdin.on("data", () => { dropLock(file); process.exit(0); });
`;

describe("lock", () => {
  const directory = temporaryDirectory();
  const file = () => join(directory(), "lock");
  const workers: Worker[] = [];
  afterEach(() => Promise.all(workers.splice(0).map((each) => each.kill())));
  const start = (wait = 0) => {
    const started = worker(taker, [file(), String(wait)]);
    workers.push(started);
    return started;
  };
  const write = (holder: unknown) =>
    writeFileSync(file(), typeof holder === "string" ? holder : JSON.stringify(holder));
  const holder = (more: Record<string, unknown> = {}) => ({
    pid: process.pid,
    started: identify(process.pid)?.started,
    host: hostname(),
    since: "2026-11-22T14:00:00.000Z",
    ...more,
  });
  const pidInFile = (): number => JSON.parse(readFileSync(file(), "utf8")).pid;
  const refusal = async (wait = 0): Promise<string> => {
    try {
      await takeLock(file(), undefined, wait);
    } catch (error) {
      if (error instanceof TeardownError && error.code === "run") return error.message;
      throw error;
    }
    throw new Error("expected a refusal");
  };

  it("is taken by the first, names its holder, and leaves nothing else behind", async () => {
    await takeLock(file(), undefined, 0);
    expect(JSON.parse(readFileSync(file(), "utf8"))).to.include({ pid: process.pid, host: hostname() });
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    expect(readdirSync(directory())).to.deep.equal(["lock"]);
  });

  it("may be taken again by its own process", async () => {
    await takeLock(file(), undefined, 0);
    await takeLock(file(), undefined, 0);
    expect(pidInFile()).to.equal(process.pid);
  });

  it("is refused to a second process, which names the first and how to go on", async () => {
    const first = start();
    expect(await first.line()).to.equal("taken");
    const message = await refusal();
    expect(message).to.include(
      `another destroy holds this run: process ${first.pid} on ${hostname()}, since `,
    );
    expect(message).to.include("Nothing was done by this one.");
    expect(message).to.include(`stop it (kill ${first.pid}), then: pulumi destroy`);
    expect(pidInFile()).to.equal(first.pid);
  });

  it("is waited for while its holder is on its way out", async () => {
    const first = start();
    await first.line();
    const second = start(25_000);
    first.say("go");
    expect(await second.line()).to.equal("taken");
    expect(pidInFile()).to.equal(second.pid);
  });

  it("is taken over from a holder that was killed", async () => {
    const first = start();
    await first.line();
    await first.kill();
    expect(existsSync(file())).to.equal(true);
    await takeLock(file(), undefined, 0);
    expect(pidInFile()).to.equal(process.pid);
    expect(readdirSync(directory())).to.deep.equal(["lock"]);
  });

  it("is taken over when the holder's number belongs to another process now", async () => {
    const other = start();
    await other.line();
    write(holder({ pid: other.pid, started: "1" }));
    await takeLock(file(), undefined, 0);
    expect(pidInFile()).to.equal(process.pid);
  });

  it("is taken over by one only, when several find a dead holder at the same moment", async () => {
    for (let round = 0; round < 3; round++) {
      write(holder({ pid: 2 ** 22 + 1, started: "1" }));
      const all = [start(), start(), start()];
      const lines = await Promise.all(all.map((each) => each.line()));
      expect(
        lines.filter((line) => line === "taken"),
        lines.join("\n"),
      ).to.have.length(1);
      await Promise.all(workers.splice(0).map((each) => each.kill()));
    }
  });

  it("is never taken from another host: whether its holder lives cannot be seen", async () => {
    write(holder({ host: "other-host" }));
    const message = await refusal(25_000);
    expect(message).to.include(`process ${process.pid} on other-host, since 2026-11-22T14:00:00.000Z`);
    expect(message).to.include(
      `When it surely no longer runs on other-host: rm '${file()}' && pulumi destroy`,
    );
    expect(existsSync(file())).to.equal(true);
  });

  it("is refused, and not waited for without end, when nobody can tell who holds it", async () => {
    for (const broken of ["", "{", "{}", "null", '{"pid":"1"}', "\u0000\u0000"]) {
      write(broken);
      const message = await refusal(25_000);
      expect(message, broken).to.include("its lock does not say which process");
      expect(message, broken).to.include(`When no other destroy runs: rm -r '${file()}' && pulumi destroy`);
    }
  });

  it("is not taken over twice: who comes late finds the new holder, however long ago it saw the dead one", async () => {
    const dead = holder({ pid: 2 ** 22 + 1, started: "1" });
    write(dead);
    // A second process that is between its look and its move holds the claim.
    writeFileSync(`${file()}.claim`, JSON.stringify(holder()));
    const message = await refusal();
    expect(message).to.include("another destroy holds this run: a process was taking over its lock");
    expect(message).to.include(`When no other destroy runs: rm '${file()}.claim' && pulumi destroy`);
    expect(JSON.parse(readFileSync(file(), "utf8"))).to.deep.equal(dead);
    rmSync(`${file()}.claim`);
    const first = start();
    expect(await first.line()).to.equal("taken");
    expect(await refusal()).to.include(`process ${first.pid}`);
    expect(readdirSync(directory())).to.deep.equal(["lock"]);
  });

  it("is given back by its holder, and by nobody else", async () => {
    await takeLock(file(), undefined, 0);
    dropLock(file());
    // It stays until its holder has ended.
    expect(JSON.parse(readFileSync(file(), "utf8"))).to.include({ pid: process.pid, released: true });
    const others = [{ pid: process.pid + 1 }, { host: "other-host" }, { started: "1" }];
    for (const other of others) {
      write(holder(other));
      dropLock(file());
      expect(JSON.parse(readFileSync(file(), "utf8")), JSON.stringify(other)).to.not.have.property(
        "released",
      );
    }
  });

  it("is taken over from another host that has given it back, and not before", async () => {
    write(holder({ host: "other-host" }));
    expect(await refusal(0)).to.include("on other-host");
    write(holder({ host: "other-host", released: true }));
    await takeLock(file(), undefined, 0);
    expect(pidInFile()).to.equal(process.pid);
  });

  it("is given back without a word when it is gone, broken, or not to be read", () => {
    dropLock(file());
    write("{");
    dropLock(file());
    expect(existsSync(file())).to.equal(true);
    mkdirSync(join(directory(), "folder"));
    dropLock(join(directory(), "folder"));
    expect(existsSync(join(directory(), "folder"))).to.equal(true);
  });

  it("says what is wrong when it cannot be made", async () => {
    let thrown: unknown;
    await takeLock(join(directory(), "nothing", "lock"), undefined, 0).catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown).to.be.instanceOf(Error).with.property("message").that.includes("ENOENT");
  });

  it("names a lock that is a link to nowhere, and does not wait for it", async () => {
    symlinkSync(join(directory(), "nothing"), file());
    const problem = await problemOf(takeLock(file(), undefined, 0));
    expect(problem.code).to.equal("run");
    expect(problem.message).to.include("its lock does not say which process");
  });

  it("stops waiting when it is told to", async () => {
    write(holder({ pid: process.ppid, started: identify(process.ppid)?.started }));
    const stopping = new AbortController();
    const waiting = takeLock(file(), stopping.signal);
    stopping.abort({ why: "cancelled" });
    expect(
      await waiting.then(
        () => "taken",
        () => "stopped",
      ),
    ).to.equal("stopped");
  });
});
