import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { machines } from "../e2e/lab.ts";
import { makeStack, type Outcome, type Stack } from "../e2e/stack.ts";
import { ours, types, ups } from "./guarded.ts";
import { clear, fault, type Lab, leftToUs, on, urnOf } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import {
  capturedFirst,
  failed,
  finishes,
  five,
  journal,
  permitting,
  releases,
  says,
  tornDown,
  untouched,
} from "./witness.ts";

const succeeded = (outcome: Outcome): Outcome => {
  expect(outcome.code, outcome.output).to.equal(0);
  return outcome;
};

/** A row's run on a stack that a real `up` adopts, with these settings. */
const adopting = (lab: Lab, act: (stack: Stack) => Promise<string>) => async (): Promise<string> => {
  const stack = await makeStack(lab);
  try {
    return await act(stack);
  } finally {
    await stack.end();
  }
};

/** The CLI as an operator types it, without the stack's name. */
const typing = async (stack: Stack, args: string[], cwd = stack.project): Promise<Outcome> => {
  const { pulumi } = await toolchainEnvironment();
  const { exitCode, all } = await execa(pulumi, [...args, "--non-interactive", "--color", "never"], {
    cwd,
    env: stack.env,
    reject: false,
    all: true,
    stdin: "ignore",
  });
  const output = String(all ?? "");
  return { code: exitCode ?? -1, output, lines: output.split("\n") };
};

/** Sets or replaces the key as an operator would: on stdin, since other rows look at all command lines. */
const setKey = async (stack: Stack, key: string): Promise<void> => {
  const { pulumi } = await toolchainEnvironment();
  await execa(pulumi, ["config", "set", "--secret", "maasApiKey", "--stack", "sim", "--non-interactive"], {
    cwd: stack.project,
    env: stack.env,
    input: key,
  });
};

const releaseCalls = async (stack: Stack) =>
  (await stack.lab.calls()).filter(({ what }) => /machines.\w{6}.\?op=release/.test(what));

rows(import.meta.url, "guards", "Today's settings", [
  {
    situation: "`erase: disk` at `up`, and out of the stack's file since",
    expected: "released without erasing",
    quick: true,
    run: adopting({ ...leftToUs, config: { erase: "disk" } }, async (stack) => {
      await ups(stack);
      stack.configure({ erase: undefined });
      const end = await finishes(stack);
      const sent = await releaseCalls(stack);
      expect(sent).to.have.length(5);
      expect(JSON.stringify(sent.map(({ detail }) => detail))).to.not.match(/"erase":"?true/);
      const started = journal(stack).find((event) => event.event === "destroy-started");
      expect(started?.event === "destroy-started" && started.settings.erase).to.equal("none");
      return `five releases, none of them erases; ${end}`;
    }),
  },
  {
    situation: "`alsoDestroyed` at `up`, and out of the stack's file since",
    expected: "refused, nothing touched",
    quick: true,
    run: adopting(
      { scenario: { machines: [...machines(), { hostname: "extra0", model: "openstack", release: "1m" }] } },
      async (stack) => {
        const { machines: all } = await stack.lab.state();
        const id = all.find(({ hostname }) => hostname === "extra0")?.systemId ?? "";
        stack.configure({ alsoDestroyed: id });
        await ups(stack);
        stack.configure({ alsoDestroyed: undefined });
        const refused = failed(await stack.destroy());
        const said = says(refused, /Juju would destroy it although it is not listed/);
        const kept = untouched(stack);
        return `${said}; ${kept}; permitted again: ${await finishes(stack, ...permitting(refused, "alsoDestroyed"))}`;
      },
    ),
  },
  {
    situation: "PULUMI_OPTION_CONFIG_FILE names another file",
    expected: "its settings are today's",
    run: on(leftToUs, async (stack) => {
      const file = join(stack.directory, "elsewhere.yaml");
      stack.configure({ releaseComment: "from elsewhere" });
      copyFileSync(join(stack.project, "Pulumi.sim.yaml"), file);
      stack.configure({ releaseComment: "from the stack's file" });
      stack.env.PULUMI_OPTION_CONFIG_FILE = file;
      const end = await finishes(stack);
      expect((await releaseCalls(stack)).map(({ detail }) => detail?.comment)).to.deep.equal(
        five.map(() => "from elsewhere"),
      );
      return `its comment in every release; ${end}`;
    }),
  },
  {
    situation: "`--config-file ../elsewhere.yaml`, typed in a subfolder",
    expected: "its settings are today's",
    quick: true,
    run: on(leftToUs, async (stack) => {
      const folder = join(stack.project, "sub");
      mkdirSync(folder);
      stack.configure({ releaseComment: "from elsewhere" });
      copyFileSync(join(stack.project, "Pulumi.sim.yaml"), join(stack.project, "elsewhere.yaml"));
      stack.configure({ releaseComment: "from the stack's file" });
      const args = ["destroy", "--yes", "--skip-preview", "--stack", "sim"];
      succeeded(await typing(stack, [...args, "--config-file", "../elsewhere.yaml"], folder));
      expect((await releaseCalls(stack)).map(({ detail }) => detail?.comment)).to.deep.equal(
        five.map(() => "from elsewhere"),
      );
      return `its comment in every release; ${await tornDown(stack)}`;
    }),
  },
  {
    situation: "`maasApiKey` in plain text",
    expected: "refused, with how to make it a secret",
    run: adopting({}, async (stack) => {
      const { apiKey, maasUrl } = stack.lab;
      stack.configure({ maasProfile: undefined, maasApiUrl: `${maasUrl}/MAAS` });
      await setKey(stack, apiKey);
      await ups(stack);
      stack.configure({ maasApiKey: apiKey });
      const refused = failed(await stack.destroy());
      expect(refused.output).to.not.include(apiKey.split(":")[2]);
      const said = says(refused, /maasApiKey must be a secret; it is stored in plain text/);
      says(refused, /pulumi config set --secret maasApiKey/);
      const kept = untouched(stack);
      await setKey(stack, apiKey);
      return `${said}; ${kept}; as a secret: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "a secret `maasApiKey`, and a wrong passphrase or none",
    expected: "Pulumi itself refuses, and names what to set",
    run: adopting({}, async (stack) => {
      stack.configure({ maasProfile: undefined, maasApiUrl: `${stack.lab.maasUrl}/MAAS` });
      await setKey(stack, stack.lab.apiKey);
      await ups(stack);
      const right = stack.env.PULUMI_CONFIG_PASSPHRASE ?? "";
      stack.env.PULUMI_CONFIG_PASSPHRASE = "a wrong one";
      const wrong = says(failed(await stack.destroy()), /incorrect passphrase/);
      delete stack.env.PULUMI_CONFIG_PASSPHRASE;
      const none = says(
        failed(await stack.destroy()),
        /PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE/,
      );
      const kept = untouched(stack);
      stack.env.PULUMI_CONFIG_PASSPHRASE = right;
      return `${wrong}; ${none}; ${kept}; with the right one: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "`maasApiKey` was rotated since `up`",
    expected: "the new one is used",
    run: adopting(
      {
        scenario: {
          maas: {
            users: [
              { name: "admin", superuser: true },
              { name: "juju", key: "consumer:token:secret" },
              { name: "rotated", superuser: true, key: "new:new:new" },
            ],
          },
        },
      },
      async (stack) => {
        stack.configure({ maasProfile: undefined, maasApiUrl: `${stack.lab.maasUrl}/MAAS` });
        await setKey(stack, stack.lab.apiKey);
        await ups(stack);
        await setKey(stack, "new:new:new");
        const end = await finishes(stack);
        const passed = journal(stack).find((event) => event.event === "guards-passed");
        const found = passed?.event === "guards-passed" ? passed.findings : [];
        expect(found.find(({ code }) => code === "maas")).to.include({ username: "rotated", isAdmin: true });
        return `MAAS answers to the new key; ${end}`;
      },
    ),
  },
]);

const two: Lab = { scenario: { models: [{ name: "openstack", reap: "2m" }, { name: "other" }] } };
const bothAlive = async (stack: Stack): Promise<string> => {
  const { juju } = await stack.lab.state();
  const lives = new Map(juju.models.map(({ name, life }) => [name, life]));
  for (const name of ["admin/openstack", "admin/other"]) expect(lives.get(name), name).to.equal("alive");
  return `${untouched(stack)}, both models alive`;
};

type Resource = {
  type: string;
  inputs?: { record?: unknown };
  outputs?: { record?: unknown };
};
/** Edits the records in the stack's state as `pulumi stack export` and `import` let one do. */
const edited = async (
  stack: Stack,
  whose: (type: string) => boolean,
  edit: (record: string) => string,
): Promise<() => Promise<void>> => {
  const file = join(stack.directory, "exported.json");
  const back = join(stack.directory, "untouched.json");
  await types(stack, "stack", "export", "--file", file);
  copyFileSync(file, back);
  const state = JSON.parse(readFileSync(file, "utf8")) as { deployment: { resources: Resource[] } };
  let count = 0;
  for (const { type, inputs, outputs } of state.deployment.resources) {
    if (!whose(type)) continue;
    for (const place of [inputs, outputs]) {
      if (place?.record === undefined) continue;
      const now = edit(JSON.stringify(place.record));
      expect(now).to.not.equal(JSON.stringify(place.record));
      place.record = JSON.parse(now);
      count++;
    }
  }
  expect(count).to.be.at.least(1);
  writeFileSync(file, JSON.stringify(state));
  await types(stack, "stack", "import", "--file", file);
  return () => types(stack, "stack", "import", "--file", back);
};
const one = (type: string) => type.endsWith("lab:MaasMachine");
const all = () => true;
const otherUuid = async (stack: Stack): Promise<string> =>
  (await stack.lab.state()).juju.models.find(({ name }) => name === "admin/other")?.uuid ?? "";

const editedRow = (
  situation: string,
  whose: (type: string) => boolean,
  edit: (stack: Stack) => Promise<(record: string) => string>,
  pattern: RegExp,
  quick = false,
): Row => ({
  situation,
  expected: "refused, nothing touched",
  quick,
  run: on(two, async (stack) => {
    const back = await edited(stack, whose, await edit(stack));
    const said = says(failed(await stack.destroy()), pattern);
    const kept = await bothAlive(stack);
    await back();
    return `${said}; ${kept}; put back: ${await end(stack)}`;
  }),
});
/** As `finishes`, where the other model lives on. */
const end = async (stack: Stack, ...args: string[]): Promise<string> => {
  succeeded(await stack.destroy(...args));
  const { machines: after, juju } = await stack.lab.state();
  expect(after.filter(({ status }) => status !== "Ready")).to.deep.equal([]);
  expect(juju.models.map(({ name, life }) => `${name} ${life}`)).to.have.members([
    "admin/controller alive",
    "admin/other alive",
  ]);
  return "model gone, 5 machines Ready, the other model alive";
};
const toOtherModel = async (stack: Stack) => {
  const [own, other] = [await ours(stack), await otherUuid(stack)];
  return (record: string) => record.replaceAll(own, other);
};
const otherRecords = /the state has other records of the lab in [^;]*/;

rows(import.meta.url, "guards", "One record", [
  {
    situation: "another controller of the same name: JUJU_DATA is elsewhere",
    expected: "never gone: refused, nothing touched",
    quick: true,
    run: on(
      {
        scenario: {
          otherControllers: [{ store: "elsewhere", name: "maas-lab", models: [{ name: "openstack" }] }],
        },
      },
      async (stack) => {
        const own = stack.env.JUJU_DATA ?? "";
        stack.env.JUJU_DATA = join(stack.env.HOME ?? "", "elsewhere");
        const said = says(
          failed(await stack.destroy()),
          /is another controller than the one recorded at `up`, or the model was migrated to it/,
        );
        const kept = untouched(stack);
        stack.env.JUJU_DATA = own;
        return `${said}; ${kept}; with the right one: ${await finishes(stack)}`;
      },
    ),
  },
  {
    situation: "`jujuModel` names another model, without `up`",
    expected: "refused, nothing touched",
    quick: true,
    run: on(two, async (stack) => {
      stack.configure({ jujuModel: "other" });
      const refused = failed(await stack.destroy());
      const said = says(refused, /jujuModel: other +is not what was recorded at `up`/);
      says(refused, /pulumi config set jujuModel admin\/openstack/);
      const kept = await bothAlive(stack);
      stack.configure({ jujuModel: "openstack" });
      return `${said}; ${kept}; put back: ${await end(stack)}`;
    }),
  },
  {
    situation: "`jujuModel` names another model, and `up`",
    expected: "the `up` is refused, and so is the destroy: the machines are the first model's",
    quick: true,
    run: on(two, async (stack) => {
      stack.configure({ jujuModel: "other" });
      const up = failed(await stack.up());
      const said = says(up, /belongs to another Juju model now: [0-9a-f-]{36}/);
      failed(await stack.destroy());
      const kept = await bothAlive(stack);
      stack.configure({ jujuModel: "openstack" });
      return `${said}; ${kept}; put back: ${await end(stack)}`;
    }),
  },
  editedRow(
    "the model's UUID in the machines' records is another model's, by an edit",
    one,
    toOtherModel,
    otherRecords,
    true,
  ),
  editedRow(
    "the model's UUID in all records is another model's, by an edit",
    all,
    toOtherModel,
    /has another name than the one recorded at `up`/,
  ),
  {
    situation: "two machines' system_ids are swapped in all records, by an edit",
    expected: "refused, nothing touched",
    run: on(two, async (stack) => {
      const { machines: seen } = await stack.lab.state();
      const [first = "", second = ""] = ["openstack0", "openstack1"].map(
        (name) => seen.find(({ hostname }) => hostname === name)?.systemId,
      );
      const back = await edited(stack, all, (record) =>
        record.replaceAll(first, "first").replaceAll(second, first).replaceAll("first", second),
      );
      const said = says(failed(await stack.destroy()), /is called openstack[01] now/);
      const kept = await bothAlive(stack);
      await back();
      return `${said}; ${kept}; put back: ${await end(stack)}`;
    }),
  },
  {
    situation: "the state is imported into another stack",
    expected: "refused, says to run `up`",
    run: on({}, async (stack) => {
      const file = join(stack.directory, "exported.json");
      await types(stack, "stack", "export", "--file", file);
      succeeded(await typing(stack, ["stack", "init", "second", "--no-select"]));
      copyFileSync(join(stack.project, "Pulumi.sim.yaml"), join(stack.project, "Pulumi.second.yaml"));
      succeeded(await typing(stack, ["stack", "import", "--file", file, "--stack", "second", "--force"]));
      const refused = failed(
        await typing(stack, ["destroy", "--yes", "--skip-preview", "--stack", "second"]),
      );
      const said = says(refused, /its resources were adopted in the stack sim/);
      says(refused, /To adopt the lab in this stack: pulumi up/);
      return `${said}; ${untouched(stack)}; from its own stack: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the stack was renamed",
    expected: "refused, says to run `up`",
    run: on({}, async (stack) => {
      await types(stack, "stack", "rename", "renamed");
      const destroy = ["destroy", "--yes", "--skip-preview", "--stack", "renamed"];
      const refused = failed(await typing(stack, destroy));
      const said = says(refused, /its resources were adopted in the stack sim/);
      says(refused, /To adopt the lab in this stack: pulumi up/);
      const kept = untouched(stack);
      succeeded(await typing(stack, ["up", "--yes", "--skip-preview", "--stack", "renamed"]));
      succeeded(await typing(stack, destroy));
      const { machines: after } = await stack.lab.state();
      expect(after.filter(({ status }) => status !== "Ready")).to.deep.equal([]);
      return `${said}; ${kept}; after \`up\`: all Ready; ${capturedFirst(stack)}`;
    }),
  },
  {
    situation: "MAAS was away at the first `up`, then a destroy",
    expected: "no success: nothing was adopted",
    quick: true,
    run: adopting({}, async (stack) => {
      await fault(stack, { side: "maas", kind: "503" });
      failed(await stack.up());
      await clear(stack);
      const refused = failed(await stack.destroy());
      expect(refused.code).to.equal(1);
      const said = says(refused, /nothing was adopted, so nothing was torn down/);
      const kept = untouched(stack);
      await ups(stack);
      return `${said}; ${kept}; after \`up\`: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "`pulumi refresh --expect-no-changes`",
    expected: "passes: 12 unchanged",
    quick: true,
    run: on({}, async (stack) => {
      const refreshed = succeeded(
        await stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes"),
      );
      return `${says(refreshed, /12 unchanged/)}; then: ${await finishes(stack)}`;
    }),
  },
]);

const notReleased = (stack: Stack): string => {
  expect([...releases(stack)]).to.deep.equal([]);
  return "no machine released";
};
/** Asserts that the model was dying, or gone, before the first release was sent. */
const dyingFirst = (stack: Stack): string => {
  const events = journal(stack);
  const dying = events.findIndex(
    (event) => event.event === "model-state" && ["dying", "gone"].includes(event.state),
  );
  expect(dying).to.be.at.least(0);
  const released = events.findIndex(({ event }) => event === "release-called");
  expect(released === -1 ? Number.POSITIVE_INFINITY : released).to.be.above(dying);
  return "no release before the model is dying";
};
const denied = (situation: string, model: Record<string, unknown>, pattern: RegExp, quick = false): Row => ({
  situation,
  expected: "no machine is released",
  quick,
  run: on({ scenario: { models: [{ name: "openstack", reap: "2m", ...model }] } }, async (stack) => {
    const said = says(failed(await stack.destroy("--continue-on-error")), pattern);
    const kept = notReleased(stack);
    await stack.lab.control({
      op: "set-model",
      name: "openstack",
      fields: { access: "admin", disabled: [] },
    });
    return `${said}; ${kept}; permitted: ${await finishes(stack)}`;
  }),
});

rows(import.meta.url, "guards", "No machine is released while its model is alive", [
  denied(
    "destroy-model would be denied: no admin access",
    { access: "write" },
    /has write access to it/,
    true,
  ),
  denied("destroy-model is disabled", { disabled: ["destroy-model"] }, /destroy-model is disabled/),
  {
    situation: "`--parallel 1`",
    expected: "the model first",
    run: on({}, async (stack) => {
      const done = await finishes(stack, "--parallel", "1");
      return `${dyingFirst(stack)}; ${done}`;
    }),
  },
  {
    situation: "`--target` of one machine with `--target-dependents --refresh=false`",
    expected: "the model first, then that machine alone",
    run: on(leftToUs, async (stack) => {
      const target = urnOf(stack, "MaasMachine::openstack1");
      succeeded(await stack.destroy("--target", target, "--target-dependents", "--refresh=false"));
      expect(releases(stack).size).to.equal(1);
      return `${dyingFirst(stack)}; one release; plain destroy: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "the model and its reaping are taken out of the state",
    expected: "refused, and no machine is released; `up` puts them back",
    quick: true,
    run: on({}, async (stack) => {
      for (const name of ["Preflight::preflight", "Command::backup", "JujuModel::openstack"])
        await types(stack, "state", "delete", urnOf(stack, name), "--yes");
      await types(stack, "state", "delete", urnOf(stack, "JujuReaping::reaping"), "--yes");
      const refused = failed(await stack.destroy());
      const said = says(refused, /its model admin\/openstack is alive, so it was not released/);
      const kept = untouched(stack);
      await ups(stack);
      return `${said}; ${kept}; after \`up\`: ${await finishes(stack)}`;
    }),
  },
]);

rows(import.meta.url, "guards", "Options in the environment", [
  {
    situation: "PULUMI_OPTION_TARGET names one machine",
    expected: "as `--target`: says that it is not verified",
    run: on(leftToUs, async (stack) => {
      stack.env.PULUMI_OPTION_TARGET = urnOf(stack, "MaasMachine::openstack1");
      const outcome = succeeded(await stack.destroy("--target-dependents", "--refresh=false"));
      delete stack.env.PULUMI_OPTION_TARGET;
      const said = says(outcome, /not yet verified: the exit criteria are not part of this destroy/);
      expect(releases(stack).size).to.equal(1);
      return `${said}; plain destroy: ${await finishes(stack)}`;
    }),
  },
  {
    situation: "PULUMI_OPTION_MESSAGE",
    expected: "as `-m`: in the journal",
    run: on({}, async (stack) => {
      stack.env.PULUMI_OPTION_MESSAGE = "for Caracal";
      const done = await finishes(stack);
      const started = journal(stack).find((event) => event.event === "destroy-started");
      expect(started?.event === "destroy-started" && started.message).to.equal("for Caracal");
      return `in the journal; ${done}`;
    }),
  },
  {
    situation: "PULUMI_RUN_PROGRAM=true",
    expected: "as `--run-program`: refused, with the right advice",
    run: on({}, async (stack) => {
      stack.env.PULUMI_RUN_PROGRAM = "true";
      const said = says(failed(await stack.destroy()), /Run it without: .*/);
      const kept = untouched(stack);
      delete stack.env.PULUMI_RUN_PROGRAM;
      return `${said}; ${kept}; without: ${await finishes(stack)}`;
    }),
  },
]);
