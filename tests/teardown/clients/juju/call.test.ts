import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { defaultLimits } from "../../../../teardown/clients/juju/call.ts";
import { type JujuClient, jujuErrorKind, jujuProblem } from "../../../../teardown/clients/juju.ts";
import { isAlive, openstack, printing, until, withAnswer, withAnswers, withScript } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";

type Method = [string, (juju: JujuClient) => Promise<unknown>];
const destroying = { onProgress: () => {}, signal: new AbortController().signal, limit: 600_000 };
const methods: Method[] = [
  ["models", (juju) => juju.models("maas-lab")],
  ["show-model", (juju) => juju.showModel(openstack)],
  ["disabled-commands", (juju) => juju.disabledCommands(openstack)],
  ["status", (juju) => juju.status(openstack)],
  ["status as text", (juju) => juju.statusYaml(openstack)],
  ["models as text", (juju) => juju.modelsYaml("maas-lab")],
  ["machines", (juju) => juju.machines(openstack)],
  ["export-bundle", (juju) => juju.exportBundle(openstack)],
  ["the bundle's questions", (juju) => juju.composeBundle(openstack)],
  ["remove-machine", (juju) => juju.removeMachines(openstack, ["0"])],
];

describe("Juju client: a controller that does not answer", () => {
  const limits = { models: 150, silence: 100 };

  for (const [name, ask] of methods)
    it(`is told by ${name} long before the call's own limit`, async () => {
      await withScript(
        "exec sleep 600",
        async ({ juju }) => {
          const began = performance.now();
          const problem = jujuProblem(await errorOf(ask(juju)));
          expect(problem).to.have.property("kind", "timeout");
          expect(problem?.limit).to.be.at.most(250);
          expect(performance.now() - began).to.be.below(20_000);
        },
        { limits },
      );
    });

  it("is told by destroy-model, which juju itself ends only after ten minutes", async () => {
    await withScript(
      "exec sleep 600",
      async ({ juju }) =>
        expect(await juju.destroyModel(openstack, destroying)).to.include({
          kind: "failed",
          cause: "timeout",
        }),
      { limits },
    );
  });

  it("is told within a minute with the limits of every day, a call's slow end included", () => {
    const { local, models, silence } = defaultLimits;
    expect(Math.max(local, silence + models)).to.be.at.most(50_000);
  });

  it("is not confused with a slow answer", async () => {
    const slow =
      "case $1 in models) touch asked;; *) until [ -e asked ]; do sleep 0.05; done; echo 'model: openstack';; esac";
    await withScript(
      slow,
      async ({ juju, calls }) => {
        expect(await juju.machines(openstack)).to.deep.equal([]);
        expect(calls()).to.have.length(2);
      },
      { limits: { silence: 100, models: 20_000 } },
    );
  });

  it("is not confused with a destruction that goes on", async () => {
    const goesOn =
      "case $1 in models) exec sleep 600;; *) echo 'Destroying model' >&2; sleep 3; echo 'Model destroyed.' >&2;; esac";
    await withScript(
      goesOn,
      async ({ juju }) =>
        expect(await juju.destroyModel(openstack, destroying)).to.deep.equal({ kind: "reported-gone" }),
      { limits: { silence: 1000, models: 1000 } },
    );
  });

  it("leaves no question behind when the call ends first", async () => {
    const script =
      "case $1 in models) echo $$ > pid.new; mv pid.new pid; exec sleep 600;; *) until [ -e pid ]; do sleep 0.05; done; echo 'model: x';; esac";
    await withScript(
      script,
      async ({ juju, folder }) => {
        await juju.machines(openstack);
        expect(existsSync(join(folder, "pid"))).to.equal(true);
        await until(() => !isAlive(Number(readFileSync(join(folder, "pid"), "utf8"))));
      },
      { limits: { silence: 50, models: 10_000 } },
    );
  });
});

describe("Juju client: an expired login", () => {
  it("is told at once, also when juju waits for a password, and in mid-destroy", async () => {
    const script = "printf 'please enter password for admin on maas-lab: ' >&2; exec sleep 600";
    await withScript(script, async ({ juju }) => {
      const error = await errorOf(juju.status(openstack));
      expect(jujuProblem(error)).to.include({ kind: "login-expired", user: "admin", controller: "maas-lab" });
      expect(error.message).to.match(/Try: juju login -c maas-lab$/);
      expect(await juju.destroyModel(openstack, destroying)).to.include({
        kind: "refused",
        cause: "login-expired",
      });
    });
  });

  it("names the controller that was asked, where juju does not", async () => {
    const stderr = 'ERROR cannot get discharge from "https://idp.example/auth": EOF\n';
    await withAnswer(printing("{}\n", stderr, 1), async ({ juju }) => {
      expect((await errorOf(juju.models("maas-lab"))).message).to.match(/Try: juju login -c maas-lab$/);
      expect((await errorOf(juju.statusYaml("other:admin/x"))).message).to.match(/juju login -c other$/);
      expect((await errorOf(juju.machines(openstack))).message).to.match(/juju login$/);
    });
    await withAnswer(
      printing("{}\n", stderr, 1),
      async ({ juju }) =>
        expect((await errorOf(juju.machines(openstack))).message).to.match(/juju login -c maas-lab$/),
      { controller: "maas-lab" },
    );
  });

  it("is not waited for on stdin", async () => {
    await withScript("read answer; echo model: openstack", async ({ juju }) =>
      expect(await juju.machines(openstack)).to.deep.equal([]),
    );
  });
});

describe("Juju client: the environment of juju", () => {
  it("holds what juju reads, and no secret of ours", async () => {
    const kept = {
      PATH: process.env.PATH ?? "",
      HOME: "/home/jessea123",
      USER: "u",
      LOGNAME: "u",
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      TMPDIR: "/tmp",
      XDG_RUNTIME_DIR: "/run/user/1000",
      SNAP_NAME: "juju",
      JUJU_DATA: "/home/jessea123/juju",
      https_proxy: "http://proxy:3128",
      NO_PROXY: "localhost",
    };
    const others = {
      JUJU_MODEL: "elsewhere:admin/other",
      PULUMI_CONFIG: "{}",
      PULUMI_CONFIG_PASSPHRASE: "secret",
      PULUMI_ACCESS_TOKEN: "secret",
      PGPASSWORD: "secret",
      AWS_SECRET_ACCESS_KEY: "secret",
      OS_PASSWORD: "secret",
      SSH_AUTH_SOCK: "/tmp/agent",
      NODE_OPTIONS: "--no-warnings",
    };
    const seen: NodeJS.ProcessEnv[] = [];
    await withScript("", async ({ juju }) => void (await juju.version()), {
      env: { ...kept, ...others },
      controller: "maas-lab",
      exec: async ({ env }) => {
        seen.push(env);
        return { end: "exited", code: 0, stdout: "3.6.28-ubuntu-amd64\n", stderr: "", problem: "" };
      },
    });
    expect(seen).to.deep.equal([{ ...kept, JUJU_CONTROLLER: "maas-lab" }]);
  });
});

describe("Juju client: an abort", () => {
  const stubborn = "trap '' TERM; echo $$ > pid.new; mv pid.new pid; while :; do sleep 1; done";

  for (const [name, ask] of methods)
    it(`ends ${name} within 2 s, with its process`, async () => {
      const stop = new AbortController();
      await withScript(
        stubborn,
        async ({ juju, folder }) => {
          const call = errorOf(ask(juju));
          const pid = join(folder, "pid");
          await until(() => existsSync(pid));
          const began = performance.now();
          stop.abort();
          expect(jujuErrorKind(await call)).to.equal("interrupted");
          expect(performance.now() - began).to.be.below(2000);
          await until(() => !isAlive(Number(readFileSync(pid, "utf8"))));
        },
        { signal: stop.signal },
      );
    });
});

describe("Juju client: terminal escapes", () => {
  it("reach neither an error nor a value", async () => {
    await withAnswer(printing("{}\n", "ERROR \u001b[31mred\u001b]0;title\u0007\n", 1), async ({ juju }) => {
      const error = await errorOf(juju.models(""));
      expect(error.message).to.contain("ERROR red").and.not.contain("\u001b");
      expect(jujuProblem(error)?.said).to.deep.equal(["ERROR red"]);
    });
    const yaml = `openstack:
  name: "admin/open\\e[2Jstack"
  model-uuid: ${openstack}
  controller-uuid: c1
  controller-name: maas-lab
  is-controller: false
  life: alive
  status: {current: available, message: "\\e[31mred"}
`;
    await withAnswers({ "show-model": printing(yaml) }, async ({ juju }) =>
      expect(await juju.showModel(openstack)).to.include({ name: "admin/openstack", statusMessage: "red" }),
    );
  });
});
