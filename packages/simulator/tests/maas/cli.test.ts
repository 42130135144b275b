import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type Lab, startLab } from "../../lab.ts";
import { multipart } from "../../maas/cli/call.ts";
import { runMaas } from "../../maas/cli/main.ts";

describe("The stand-in maas, where nothing was recorded,", () => {
  let lab: Lab;
  let dir: string;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "lab-"));
    lab = await startLab({
      dir,
      speed: 1000,
      scenario: {
        machines: [
          { hostname: "one" },
          { hostname: "host", hostsVms: "vms" },
          { hostname: "guest", pod: "vms" },
        ],
      },
    });
  });
  after(async () => {
    await lab.stop();
    rmSync(dir, { recursive: true });
  });

  const run = async (
    argv: string[],
    env: Record<string, string> = lab.env,
  ): Promise<[number, string, string]> => {
    const said = { stdout: "", stderr: "" };
    const exit = await runMaas({
      argv,
      env,
      tty: false,
      stdout: (text) => {
        said.stdout += text;
      },
      stderr: (text) => {
        said.stderr += text;
      },
      now: Date.now,
    });
    return [exit, said.stdout, said.stderr];
  };

  it("logs in, is remembered, refreshes and logs out", async () => {
    const home = { HOME: mkdtempSync(join(dir, "home-")) };
    expect(await run(["list"], home)).to.deep.equal([0, "", ""]);
    for (const url of [`${lab.url}/MAAS`, `${lab.url}/MAAS/`, `${lab.url}/MAAS/api/2.0/`]) {
      expect(await run(["login", "mine", url, lab.apiKey], home)).to.deep.equal([
        0,
        `\nYou are now logged in to the MAAS server at\n${lab.url}/MAAS/api/2.0/ with the profile name\n'mine'.\n`,
        "",
      ]);
      expect(await run(["list"], home)).to.deep.equal([
        0,
        `mine ${lab.url}/MAAS/api/2.0/ ${lab.apiKey}\n`,
        "",
      ]);
    }
    const [exit, stdout] = await run(["mine", "users", "whoami"], home);
    expect([exit, JSON.parse(stdout).username]).to.deep.equal([0, "admin"]);
    expect(await run(["refresh"], home)).to.deep.equal([0, "", ""]);
    expect(await run(["logout", "mine"], home)).to.deep.equal([0, "", ""]);
    expect(await run(["list"], home)).to.deep.equal([0, "", ""]);
  });

  it("explains itself", async () => {
    const [exit, stdout, stderr] = await run(["--help"]);
    expect([exit, stderr]).to.deep.equal([0, ""]);
    expect(stdout)
      .to.match(/^usage: maas \[-h\] COMMAND/)
      .and.contain(`Interact with ${lab.maasUrl}`);
    expect(await run(["-h"])).to.deep.equal([0, stdout, ""]);
    const bare = await run([]);
    expect([bare[0], bare[1]]).to.deep.equal([2, ""]);
    expect(bare[2]).to.equal(`${stdout}\nthe following arguments are required: COMMAND\n`);
  });

  it("wants what an operation acts on", async () => {
    expect(await run(["admin", "machine", "release"])).to.deep.equal([
      2,
      "",
      "usage: maas admin machine release [-h] [-d] [-k] system_id [data ...]\nmaas admin machine release: error: the following arguments are required: system_id\n",
    ]);
    const [exit, stdout, stderr] = await run(["admin"]);
    expect([exit, stdout]).to.deep.equal([2, ""]);
    expect(stderr).to.match(/^usage: maas admin \[-h\] COMMAND \.\.\.\n\noptions:/);
    expect(stderr).to.match(/\nthe following arguments are required: COMMAND\n$/);
    const [unknown, , why] = await run(["admin", "toasters", "read"]);
    expect(unknown).to.equal(2);
    expect(why).to.contain(
      "argument COMMAND: invalid choice: 'toasters' (choose from 'machines', 'machine', 'events',",
    );
  });

  it("reads events, deletes VM hosts, and sends values with an equals sign", async () => {
    const one = lab.state().machines[0]?.systemId ?? "";
    expect((await run(["admin", "machine", "lock", one, "comment=a=b", "-d"]))[2]).to.match(/^200 OK\n/);
    const [exit, stdout] = await run(["admin", "events", "query", "hostname=one", "level=DEBUG", "limit=1"]);
    expect([exit, JSON.parse(stdout).events[0].description]).to.deep.equal([0, "a=b"]);
    expect(await run(["admin", "vm-host", "delete", "1"])).to.deep.equal([0, "", ""]);
    expect(lab.state().machines.map(({ hostname }) => hostname)).to.deep.equal(["one", "host"]);
  });

  it("sends multipart bodies as RFC 7578 wants them", () => {
    const { type, body } = multipart([["comment", "x"]]);
    const boundary = /^multipart\/form-data; boundary="([\w-]+)"$/.exec(type)?.[1];
    expect(body.split(`--${boundary}`)).to.deep.equal([
      "",
      '\r\nContent-Disposition: form-data; name="comment"\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\nx\r\n',
      "--\r\n",
    ]);
  });

  it("says that a connection was reset", async () => {
    await lab.control({ op: "add-fault", fault: { side: "maas", kind: "reset", times: 1 } });
    const [exit, stdout, stderr] = await run(["admin", "users", "whoami"]);
    expect([exit, stdout]).to.deep.equal([2, ""]);
    expect(stderr).to.match(/\n\[Errno 104\] Connection reset by peer\n$/);
  });

  it("says so when an answer breaks off", async () => {
    await lab.control({ op: "add-fault", fault: { side: "maas", kind: "truncated", times: 1 } });
    const [exit, stdout, stderr] = await run(["admin", "machines", "read"]);
    expect([exit, stdout]).to.deep.equal([2, ""]);
    expect(stderr).to.match(/\n\[Errno 104\] Connection reset by peer\n$/);
  });

  const scriptIsThere = spawnSync("script", ["--version"]).error === undefined;
  const itInTerminal = (title: string, test: Mocha.AsyncFunc) =>
    scriptIsThere ? it(title, test) : it.skip(`${title} [needs script, of util-linux]`, test);
  itInTerminal("knows when its output goes to a terminal", async () => {
    const { stdout } = await execa("script", ["-qec", "maas admin users whoami", "/dev/null"], {
      env: lab.env,
    });
    expect(stdout.replaceAll("\r", "")).to.match(
      /^Success\.\nMachine-readable output follows:\n\{\n {4}"is_superuser": true/,
    );
  });
});
