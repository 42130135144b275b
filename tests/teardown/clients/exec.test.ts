import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type ExecAsk, execProgram } from "../../../teardown/clients/exec.ts";
import { jujuErrorKind } from "../../../teardown/clients/juju.ts";
import { isAlive, openstack, until, withScript } from "./support/juju.ts";
import { errorOf } from "./support/maas.ts";

const run = (script: string, more: Partial<ExecAsk> = {}): ReturnType<typeof execProgram> =>
  execProgram({
    binary: "sh",
    args: ["-c", script],
    env: { PATH: process.env.PATH },
    limit: 60_000,
    maxBytes: 1_000_000,
    signal: undefined,
    ...more,
  });

/** juju and a child of it, both of which ignore SIGTERM; their process ids are in `pids`. */
const stubborn = `trap '' TERM
(trap '' TERM; while :; do sleep 1; done) &
echo $$ $! > pids.new; mv pids.new pids
while :; do sleep 1; done`;

describe("exec", () => {
  it("returns code, stdout and stderr as they are", async () => {
    expect(await run("echo out; echo err >&2; exit 3")).to.deep.equal({
      end: "exited",
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
      problem: "",
    });
  });

  it("passes arguments as they are, never through a shell", async () => {
    const { stdout } = await run("", { binary: "printf", args: ["%s|", "a b", "$HOME", "; echo x"] });
    expect(stdout).to.equal("a b|$HOME|; echo x|");
  });

  it("gives no stdin, so that nobody waits for an answer", async () => {
    expect(await run("cat; echo done")).to.have.property("stdout", "done\n");
  });

  it("passes on the given environment, and nothing else", async () => {
    process.env.LEAKED_FROM_TEST = "yes";
    try {
      const { stdout } = await run('echo "$GIVEN/$LEAKED_FROM_TEST"', {
        env: { PATH: process.env.PATH, GIVEN: "1" },
      });
      expect(stdout).to.equal("1/\n");
    } finally {
      delete process.env.LEAKED_FROM_TEST;
    }
  });

  it("passes stderr on as it comes, with letters cut in the middle put together", async () => {
    const pieces: string[] = [];
    await run("printf 'Z\\303' >&2; sleep 0.05; printf '\\274rich' >&2", {
      onStderr: (piece) => pieces.push(piece),
    });
    expect(pieces.join("")).to.equal("Zürich");
  });

  it("says that there is no such program, or that it is none", async () => {
    expect(await run("", { binary: "/nonexistent/juju" })).to.have.property("end", "no-binary");
    expect(await run("", { binary: "/etc/passwd" })).to.have.property("end", "not-started");
  });

  it("stops a program that prints without end", async () => {
    const answer = await run("exec yes", { maxBytes: 10_000 });
    expect(answer.end).to.equal("too-much");
    expect(answer.stdout.length).to.be.at.most(10_000);
  });

  it("does not begin once the signal is aborted", async () => {
    expect(await run("echo x", { signal: AbortSignal.abort() })).to.include({ end: "aborted", stdout: "" });
  });

  it("takes any number for a limit", async () => {
    for (const limit of [0, -5, 0.5])
      expect(await run("exec sleep 600", { limit })).to.have.property("end", "limit");
    for (const limit of [1e12, Number.POSITIVE_INFINITY, 60_000.7]) {
      expect(await run("sleep 0.1; echo x", { limit })).to.include({ end: "exited", stdout: "x\n" });
    }
  });

  it("tells a program that was killed by somebody else", async () => {
    expect(await run("kill -KILL $$")).to.include({ end: "killed", problem: "SIGKILL" });
  });

  it("is not kept waiting by a descendant that left the group with the pipes open", async function () {
    this.timeout(20_000);
    await withScript("", async ({ folder }) => {
      const left = join(folder, "left");
      const script = `setsid sh -c 'echo $$ > ${left}.new; mv ${left}.new ${left}; exec sleep 600' & while :; do sleep 1; done`;
      const stop = new AbortController();
      const answer = run(script, { signal: stop.signal });
      await until(() => existsSync(left));
      stop.abort();
      expect((await answer).end).to.equal("aborted");
      process.kill(Number(readFileSync(left, "utf8")), "SIGKILL");
    });
  });
});

describe("Juju client: processes", () => {
  const pids = (folder: string): number[] =>
    readFileSync(join(folder, "pids"), "utf8").trim().split(" ").map(Number);

  it("kills juju and its children at the limit, even if they ignore SIGTERM", async function () {
    this.timeout(20_000);
    await withScript(
      stubborn,
      async ({ juju, folder }) => {
        const error = await errorOf(juju.status(openstack));
        expect(jujuErrorKind(error)).to.equal("timeout");
        expect(error.message).to.contain("no answer within 0.5 s");
        expect(pids(folder)).to.have.length(2);
        await until(() => !pids(folder).some(isAlive));
      },
      { limits: { status: 500 } },
    );
  });

  it("kills juju and its children on an abort", async function () {
    this.timeout(20_000);
    const stop = new AbortController();
    await withScript(
      stubborn,
      async ({ juju, folder }) => {
        const call = errorOf(juju.machines(openstack));
        await until(() => existsSync(join(folder, "pids")));
        expect(pids(folder).every(isAlive)).to.equal(true);
        stop.abort();
        const error = await call;
        expect(jujuErrorKind(error)).to.equal("interrupted");
        expect(error).to.have.property("code", "interrupted");
        await until(() => !pids(folder).some(isAlive));
      },
      { signal: stop.signal },
    );
  });

  it("does not leave juju behind when this process exits in the middle of a call", async function () {
    this.timeout(20_000);
    await withScript("echo $$ > pids.new; mv pids.new pids; sleep 600", async ({ folder }) => {
      const module = pathToFileURL(
        join(import.meta.dirname, "..", "..", "..", "teardown", "clients", "juju.ts"),
      ).href;
      const program = `
        const { jujuClient } = await import(${JSON.stringify(module)});
        const { existsSync } = await import("node:fs");
        void jujuClient({ binary: ${JSON.stringify(join(folder, "juju"))} }).version();
        setInterval(() => existsSync(${JSON.stringify(join(folder, "pids"))}) && process.exit(7), 5);`;
      const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
      expect(ended.status).to.equal(7);
      await until(() => !pids(folder).some(isAlive));
    });
  });

  it("says that there is no juju, and how to get one", async () => {
    await withScript(
      "",
      async ({ juju }) => {
        const error = await errorOf(juju.whoami());
        expect(jujuErrorKind(error)).to.equal("missing-binary");
        expect(error.message).to.contain("/nonexistent/juju").and.contain("snap install juju");
      },
      { binary: "/nonexistent/juju" },
    );
  });

  it("can be tested without processes", async () => {
    const asked: string[][] = [];
    await withScript(
      "",
      async ({ juju }) => {
        expect(await juju.version()).to.equal("3.6.28");
        expect(asked).to.deep.equal([["version"]]);
      },
      {
        exec: async ({ args }) => {
          asked.push([...args]);
          return { end: "exited", code: 0, stdout: "3.6.28-ubuntu-amd64\n", stderr: "", problem: "" };
        },
      },
    );
  });
});
