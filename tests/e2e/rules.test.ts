import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../toolchain/environment.ts";
import { machines } from "./lab.ts";
import { adoptedStack, makeStack, type Stack } from "./stack.ts";

/** Calls that change the lab. */
const destructive = async (stack: Stack): Promise<string[]> =>
  (await stack.lab.calls())
    .map(({ what }) => what)
    .filter((what) => /^(POST|PUT|DELETE)|juju (destroy|remove)/.test(what));
const untouched = async (stack: Stack): Promise<void> => {
  expect(await destructive(stack)).to.deep.equal([]);
};
const tornDown = async (stack: Stack): Promise<void> => {
  const { machines, juju } = await stack.lab.state();
  expect(machines.map(({ hostname, status }) => `${hostname} ${status}`)).to.deep.equal(
    machines.map(({ hostname }) => `${hostname} Ready`),
  );
  expect(juju.models.map(({ name }) => name)).to.deep.equal(["admin/controller"]);
  expect(stack.resources()).to.deep.equal([]);
};
const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 600) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const loadedByTheState = 'require("module").createRequire(process.cwd()+"/")("openstack-lab/late-bound")';
const emptyProgram = "export const nothing = 1;\n";

describe("the nine rules, on the real engine", function () {
  this.timeout(180_000);
  let stack: Stack;
  afterEach(async () => {
    await stack?.end();
  });

  describe("1: guards and capture belong to the run, not to the resources", () => {
    it("asks the guards again, and captures anew, when the capture failed before", async () => {
      stack = await adoptedStack();
      await stack.lab.control({
        op: "add-fault",
        fault: { side: "juju", command: "export-bundle", times: 1, kind: "rc1-empty" },
      });
      const failed = await stack.destroy();
      expect(failed.code, failed.output).to.not.equal(0);
      expect(failed.output).to.include("no verified capture");
      await untouched(stack);
      expect(stack.resources().some((urn) => urn.includes("Preflight"))).to.equal(false);

      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(stack.runs()).to.have.length(1);
      const events = stack.journal().map(({ event }) => event);
      expect(events.filter((event) => event === "guards-passed")).to.have.length(2);
      expect(events.filter((event) => event === "captured").length).to.be.at.least(1);
      await tornDown(stack);
    });

    it("captures by itself when the capture failed before and the run directory is lost since", async () => {
      stack = await adoptedStack();
      await stack.lab.control({
        op: "add-fault",
        fault: { side: "juju", command: "export-bundle", times: 1, kind: "rc1-empty" },
      });
      expect((await stack.destroy()).code).to.not.equal(0);
      rmSync(stack.backups, { recursive: true });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      const events = stack.journal().map(({ event }) => event);
      expect(events.indexOf("captured"))
        .to.be.greaterThan(-1)
        .and.below(events.findIndex((event) => /release-called|destroy-model-called/.test(event)));
      await tornDown(stack);
    });

    it("guards and captures before a machine's release even when Preflight and Backup have left the state", async () => {
      stack = await adoptedStack();
      for (const type of ["Preflight", "command:local:Command"]) {
        const urn = stack.resources().find((each) => each.includes(type)) ?? "";
        const { code, output } = await stack.pulumi("state", "delete", urn, "--yes");
        expect(code, output).to.equal(0);
      }
      await stack.lab.control({ op: "set-machine", hostname: "openstack3", fields: { locked: true } });
      const refused = await stack.destroy();
      expect(refused.code).to.not.equal(0);
      expect(refused.output).to.include("is locked");
      await untouched(stack);

      await stack.lab.control({ op: "set-machine", hostname: "openstack3", fields: { locked: false } });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      const events = stack.journal().map(({ event }) => event);
      expect(events.indexOf("captured"))
        .to.be.greaterThan(-1)
        .and.below(events.findIndex((event) => /release-called|destroy-model-called/.test(event)));
      await tornDown(stack);
    });
  });

  describe("2: only a destroy destroys", () => {
    it("touches nothing when the whole lab is taken out of the program", async () => {
      stack = await adoptedStack();
      stack.program(emptyProgram);
      const { code, output } = await stack.up();
      expect(code).to.not.equal(0);
      expect(output).to.include("destroyed by `pulumi destroy` only");
      await untouched(stack);
      expect(stack.runs()).to.deep.equal([]);
      // The next destroy still finishes.
      const destroyed = await stack.destroy();
      expect(destroyed.code, destroyed.output).to.equal(0);
      await tornDown(stack);
    });

    it("touches nothing when one machine is taken off the list, and says how it leaves the stack", async () => {
      stack = await adoptedStack();
      const kept = ["openstack0", "openstack1", "openstack2", "openstack3"];
      stack.configure({ machines: kept });
      const early = await stack.destroy();
      expect(early.code).to.not.equal(0);
      expect(early.output).to.include("no longer on the list");

      const { code, output } = await stack.up();
      expect(code).to.not.equal(0);
      const command = /pulumi state delete '([^']+)' --yes/.exec(output)?.[1] ?? "";
      expect(command).to.match(/MaasMachine::capi-mgmt$/);
      await untouched(stack);

      const deleted = await stack.pulumi("state", "delete", command, "--yes");
      expect(deleted.code, deleted.output).to.equal(0);
      // It still belongs to the model, so Juju would destroy it: that has to be said.
      const unlisted = await stack.destroy();
      expect(unlisted.output).to.include("Juju would destroy it although it is not listed");
      await untouched(stack);
      stack.configure({ alsoDestroyed: ["capi-mgmt"] });
      const destroyed = await stack.destroy();
      expect(destroyed.code, destroyed.output).to.equal(0);
      const released = (await destructive(stack)).filter((what) => /machines.\w{6}.\?op=release/.test(what));
      expect(released).to.have.length(4);
    });

    it("refuses --replace and --run-program, and the next plain destroy finishes", async () => {
      stack = await adoptedStack();
      const urn = stack.resources().find((each) => each.endsWith("MaasMachine::openstack1")) ?? "";
      const replaced = await stack.up("--replace", urn);
      expect(replaced.code).to.not.equal(0);
      await untouched(stack);
      expect(stack.resources().filter((each) => each === urn)).to.have.length(2);

      const ran = await stack.destroy("--run-program");
      expect(ran.code).to.not.equal(0);
      expect(ran.output).to.include("Run it without: pulumi destroy");
      await untouched(stack);

      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      // Two copies of one machine in the state are one machine.
      expect(
        (await destructive(stack)).filter((what) => /machines.\w{6}.\?op=release/.test(what)),
      ).to.have.length(5);
      await tornDown(stack);
    });
  });

  describe("3: idempotent and resumable", () => {
    it("ends in the same place after the engine was killed in the middle", async () => {
      stack = await adoptedStack();
      const running = stack.start("destroy", "--yes", "--skip-preview");
      await until(() => stack.journal().some(({ event }) => event === "release-called"));
      running.kill("SIGKILL");
      await running.ended;
      const locked = await stack.destroy();
      expect(locked.output).to.include("the stack is currently locked");
      expect((await stack.pulumi("cancel", "--yes")).code).to.equal(0);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(stack.runs()).to.have.length(1);
      await tornDown(stack);
      const releases = (await destructive(stack)).filter((what) => /machines.\w{6}.\?op=release/.test(what));
      expect(releases.length).to.be.within(5, 10);
    });

    it("finishes after half of a destroy, an up, and a destroy", async () => {
      stack = await adoptedStack({
        scenario: {
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 9 }] } }),
        },
      });
      const half = await stack.destroy();
      expect(half.code).to.not.equal(0);
      await stack.lab.control({ op: "clear-faults" });
      const again = await stack.up();
      expect(again.code, again.output).to.equal(0);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      await tornDown(stack);
    });
  });

  describe("4: delete runs today's code with today's settings", () => {
    it("uses the deadline that this destroy was given", async () => {
      stack = await adoptedStack();
      const { code, output } = await stack.destroy("-c", "deadline=5m");
      expect(code, output).to.equal(0);
      const started = stack.journal().find((event) => event.event === "destroy-started");
      expect(started?.event === "destroy-started" && started.settings.deadline).to.equal(300_000);
    });

    it("ends at the deadline, and the next destroy takes it up", async () => {
      stack = await adoptedStack({ scenario: { models: [{ name: "openstack", reap: "10m" }] } });
      const late = await stack.destroy("-c", "deadline=3s");
      expect(late.code).to.not.equal(0);
      expect(late.output).to.include("the deadline of 3.0 s has passed");
      const { code, output } = await stack.destroy("-c", "deadline=2m");
      expect(code, output).to.equal(0);
      await tornDown(stack);
    });

    it("keeps one line of code a resource in the state, and runs what is in the project now", async () => {
      stack = await adoptedStack();
      expect(stack.stateText()).to.not.include("op=release");
      const component = join(stack.project, "components");
      const text = (name: string) => readFileSync(join(component, name), "utf8");
      const files = readdirSync(component).map((name) => [name, text(name)] as const);
      rmSync(component);
      mkdirSync(component);
      for (const [name, content] of files) writeFileSync(join(component, name), content);
      writeFileSync(
        join(component, "preflight.ts"),
        text("preflight.ts").replace("guards passed;", "guards passed by today's code;"),
      );
      const { output } = await stack.destroy(
        "--target",
        stack.resources().find((urn) => urn.endsWith("Preflight::preflight")) ?? "",
      );
      expect(output).to.include("guards passed by today's code");
      await untouched(stack);
    });
  });

  describe("5: identity is recorded once, at up", () => {
    it("keeps it over a refresh after a machine was made again under its name, and refuses to destroy", async () => {
      stack = await adoptedStack();
      const before =
        (await stack.lab.state()).machines.find(({ hostname }) => hostname === "openstack1")?.systemId ?? "";
      await stack.lab.control({ op: "replace-machine", hostname: "openstack1" });
      const after =
        (await stack.lab.state()).machines.find(({ hostname }) => hostname === "openstack1")?.systemId ?? "";
      expect(after).to.not.equal(before);
      const refreshed = await stack.pulumi("refresh", "--yes", "--skip-preview");
      expect(refreshed.code, refreshed.output).to.equal(0);
      expect(stack.stateText()).to.include(before).and.not.include(after);

      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.include(`is another machine now: ${after}`).and.include("pulumi up");
      await untouched(stack);

      const adopted = await stack.up();
      expect(adopted.code, adopted.output).to.equal(0);
      expect(stack.stateText()).to.include(after);
      expect(adopted.output).to.include(`recorded as such: ${after} (was ${before})`);
    });
  });

  describe("6: deleted means done", () => {
    it("retries a release that fails twice, at once, while the model is still dying", async () => {
      stack = await adoptedStack({
        scenario: {
          models: [{ name: "openstack", reap: "12m" }],
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 2 }] } }),
        },
      });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      expect(output).to.match(/openstack2.*trying again/);
      const calls = await stack.lab.calls();
      const modelEnd = Math.max(
        ...calls.filter(({ what }) => what.includes("destroy-model")).map(({ at }) => Date.parse(at)),
      );
      const journal = stack.journal();
      const retried = journal.filter(
        (event) => event.event === "release-called" && event.hostname === "openstack2",
      );
      expect(retried).to.have.length(3);
      expect(Date.parse(retried.at(-1)?.at ?? "")).to.be.below(modelEnd);
      await tornDown(stack);
    });

    it("leaves what failed in the stack under its own name, with MAAS's own reason", async () => {
      stack = await adoptedStack({
        scenario: {
          machines: machines({
            capi: {},
            "capi-mgmt": { faults: [{ answer: "power-fails-500", times: 9 }] },
          }),
        },
      });
      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.match(/capi-mgmt \(\w{6}\) is Deployed after 4 failed releases/);
      expect(stack.resources().map((urn) => urn.split("::").at(-1))).to.have.members([
        "lab",
        "exit-criteria",
        "capi-mgmt",
      ]);
      expect(output).to.not.include("proceed to");
      expect(readFileSync(join(stack.runs()[0] ?? "", "report.html"), "utf8")).to.include("capi-mgmt");
    });
  });

  describe("7: no plaintext secret", () => {
    it("is in the state, the output, the journal or the arguments of a process, also when MAAS refuses the key", async () => {
      stack = await makeStack();
      const { apiKey, maasUrl } = stack.lab;
      stack.configure({ maasProfile: undefined, maasApiUrl: `${maasUrl}/MAAS` });
      const wrong = `${apiKey.slice(0, -3)}zzz`;
      const set = await stack.pulumi("config", "set", "--secret", "maasApiKey", wrong);
      expect(set.code, set.output).to.equal(0);
      const refused = await stack.up();
      expect(refused.code).to.not.equal(0);
      await stack.pulumi("config", "set", "--secret", "maasApiKey", apiKey);
      const adopted = await stack.up();
      expect(adopted.code, adopted.output).to.equal(0);
      const destroyed = await stack.destroy();
      expect(destroyed.code, destroyed.output).to.equal(0);
      const outputs = [refused.output, adopted.output, destroyed.output];
      const secrets = [apiKey.split(":")[2] ?? "", wrong.split(":")[2] ?? ""];
      for (const secret of secrets) {
        for (const output of outputs) expect(output).to.not.include(secret);
        for (const root of [stack.state, stack.backups, stack.project]) {
          if (!existsSync(root)) continue;
          for (const file of readdirSync(root, { recursive: true, withFileTypes: true })) {
            if (file.isFile())
              expect(readFileSync(join(file.parentPath, file.name), "utf8"), file.name).to.not.include(
                secret,
              );
          }
        }
      }
      await tornDown(stack);
    });
  });

  describe("8: errors are for the operator", () => {
    it("reports several failed guards together, with what to type, and no stack trace", async () => {
      stack = await adoptedStack();
      await stack.lab.control({ op: "set-machine", hostname: "openstack0", fields: { locked: true } });
      await stack.lab.control({ op: "set-machine", hostname: "openstack3", fields: { owner: "somebody" } });
      stack.configure({ user: "jessea123" });
      const { code, output } = await stack.destroy();
      expect(code).to.not.equal(0);
      expect(output).to.include("3 guards refuse").and.include("nothing was touched");
      expect(output).to.match(/maas admin machine unlock \w{6}/);
      expect(output)
        .to.include("is owned by somebody now")
        .and.include("is not the user who tears this lab down");
      expect(output).to.not.match(/\n\s+at .*\.(ts|js):\d+/);
      await untouched(stack);
    });

    it("lists every problem of the configuration at once", async () => {
      stack = await makeStack({
        config: {
          host: undefined,
          machines: ["openstack0", "openstack0"],
          erase: "hard",
          stuckAfter: "soon",
          hots: "a typing mistake",
        },
      });
      const { code, output } = await stack.pulumi("preview");
      expect(code).to.not.equal(0);
      for (const key of ["host", "machines", "erase", "stuckAfter", "hots"])
        expect(output, key).to.include(`openstack-lab:${key} `);
      expect(output).to.not.match(/\n\s+at .*\.(ts|js):\d+/);
    });
  });

  describe("9: runs without a build step on a new enough Node", () => {
    it("says in one line, in up and in destroy, that `node` on PATH is too old", () => {
      // The stand-ins always find this project's own Node; the official parts run the `node` of PATH. So the two files that
      // they come across first are tried: a real Node that says it is an old one.
      const directory = mkdtempSync(join(tmpdir(), "old-node-"));
      const pretend = join(directory, "pretend.cjs");
      writeFileSync(
        pretend,
        'Object.defineProperty(process.versions, "node", { value: "20.19.0" }); Object.defineProperty(process, "version", { value: "v20.19.0" });',
      );
      const old = (...args: string[]) =>
        spawnSync(process.execPath, ["--require", pretend, ...args], { cwd: projectRoot, encoding: "utf8" });
      try {
        const up = old("--require", "./toolchain/node-version.cjs", "index.ts");
        expect(up.status).to.equal(32);
        const destroy = old(
          "-e",
          `try { ${loadedByTheState}("preflight").delete() } catch (error) { console.error(\`\${error}: \${error.stack}\`) }`,
        );
        for (const { stderr } of [up, destroy]) {
          expect(stderr)
            .to.match(/needs Node .*24.*v20\.19\.0/)
            .and.not.include("SyntaxError");
          expect(stderr.trim().split("\n")).to.have.length(1);
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    });

    it("loads its components with the line that the state keeps", async () => {
      stack = await adoptedStack();
      expect(stack.stateText()).to.include(
        JSON.stringify(`exports.handler=()=>${loadedByTheState}("preflight")`).slice(1, -1),
      );
    });
  });
});
