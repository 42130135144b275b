import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { isAlive, processStart, withLock } from "../lock.ts";
import { temporaryDirectory } from "./support/temporary.ts";

describe("the toolchain's lock", () => {
  const directory = temporaryDirectory();
  const tools = { sleep: (milliseconds: number) => sleep(milliseconds), onWait: () => {} };
  const lock = () => join(directory(), "lock");

  it("lets one after the other work, and is free afterwards, also when work fails", async () => {
    const events: string[] = [];
    const work = (name: string, fails: boolean) =>
      withLock(lock(), tools, async () => {
        events.push(`${name} starts`);
        await sleep(50);
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    await Promise.allSettled([work("a", true), work("b", false)]);
    expect(events).to.deep.equal(["a starts", "a ends", "b starts", "b ends"]);
    expect(existsSync(lock())).to.equal(false);
  });

  it("knows a process by when it started, not by its id alone", () => {
    const me = { pid: process.pid, started: processStart(process.pid) };
    expect(isAlive(me)).to.equal(true);
    expect(isAlive({ ...me, started: "1" })).to.equal(false);
    expect(isAlive({ pid: 2 ** 22 + 1, started: "1" })).to.equal(false);
  });

  for (const [what, content] of Object.entries({
    "a dead process": JSON.stringify({ pid: process.pid, started: "1" }),
    "nobody, being half written": '{"pid":',
  }))
    it(`is taken over from ${what}`, async () => {
      mkdirSync(directory(), { recursive: true });
      writeFileSync(lock(), content);
      expect(await withLock(lock(), tools, async () => "done")).to.equal("done");
    });
});
