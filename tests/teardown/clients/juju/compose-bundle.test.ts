import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { type Lab, startLab } from "../../../../packages/simulator/lab.ts";
import {
  type BundleParts,
  bundleStatusSchema,
  composeBundle,
} from "../../../../teardown/clients/juju/compose-bundle.ts";
import { type Exec, jujuClient, jujuErrorKind } from "../../../../teardown/clients/juju.ts";
import { openstack, printing, withAnswers } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedFile, recordedJuju } from "../support/recordings.ts";

/** The documents of a bundle's text, with everything that is not there left out. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it knows is there
const documents = (text: string): any[] => parseAllDocuments(text).map((document) => document.toJS());

const status = (more: Record<string, unknown>): BundleParts["status"] =>
  bundleStatusSchema.parse({
    model: { name: "openstack", controller: "maas-lab", version: "4.0.14" },
    ...more,
  });

const parts = (more: Partial<BundleParts>): BundleParts => ({
  client: "4.0.14",
  status: status({}),
  configs: {},
  constraints: {},
  shown: {},
  offers: {},
  storage: null,
  ...more,
});

const application = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  charm: "keystone",
  base: { name: "ubuntu", channel: "22.04" },
  "charm-origin": "charmhub",
  "charm-name": "keystone",
  "charm-rev": 7,
  "charm-channel": "yoga/stable",
  exposed: false,
  ...more,
});

/** The one application of a model. */
const only = (more: Record<string, unknown>, given: Partial<BundleParts> = {}): Record<string, unknown> =>
  documents(
    composeBundle(parts({ status: status({ applications: { keystone: application(more) } }), ...given })),
  )[0].applications.keystone;

describe("a composed bundle", () => {
  it("is the bundle that the recorded model of Juju 4.0 would export", () => {
    const recorded = parse(
      recordedJuju("cli-4.0.14-real-server.json", "status -m openstack --format=yaml").stdout,
    );
    const setting = (value: unknown, source: string) => ({ value, source });
    const text = composeBundle(
      parts({
        status: bundleStatusSchema.parse(recorded),
        configs: {
          keystone: {
            settings: {
              "admin-password": setting("geheim", "user"),
              region: setting("RegionOne", "default"),
            },
          },
        },
        constraints: { keystone: "arch=amd64\n" },
      }),
    );
    const [bundle, ...more] = documents(text);
    expect(more).to.deep.equal([]);
    expect(bundle["default-base"]).to.equal("ubuntu@22.04/stable");
    expect(bundle.applications.keystone).to.deep.equal({
      charm: "keystone",
      channel: "yoga/stable",
      revision: 7,
      num_units: 1,
      to: ["0"],
      options: { "admin-password": "geheim" },
      constraints: "arch=amd64",
    });
    expect(bundle.applications["nova-compute"]).to.include({ num_units: 2 });
    expect(Object.keys(bundle.machines)).to.deep.equal(["0", "1", "2", "3", "4"]);
    expect(bundle.machines["0"]).to.deep.equal({ constraints: "arch=amd64" });
    expect(bundle.relations).to.deep.equal([["keystone:provides", "nova-compute:requires"]]);
  });

  it("says on top that it was composed, from what, and what is not in it", () => {
    const text = composeBundle(parts({ status: status({ applications: { keystone: application() } }) }));
    const comment = text.split("\n").filter((line) => line.startsWith("#"));
    expect(comment[0]).to.equal("# Composed, not exported: Juju 4.0.14 has no `juju export-bundle`.");
    expect(comment.join("\n"))
      .to.match(/juju 4\.0\.14.*maas-lab:openstack: status, config/)
      .and.match(/Not in it.*annotations/);
    expect(text.endsWith("\n")).to.equal(true);
  });

  it("places units in containers, and gives a subordinate neither units nor machines", () => {
    const units = { "keystone/0": { machine: "0/lxd/3" }, "keystone/1": { machine: 1 } };
    expect(only({ units })).to.deep.include({ num_units: 2, to: ["lxd:0", "1"] });
    for (const [more, given] of [
      [{ units, "subordinate-to": ["nova"] }, {}],
      [{ units }, { shown: { keystone: { principal: false } } }],
    ] as const)
      expect(only(more, given)).to.have.all.keys("charm", "channel", "revision");
  });

  it("names the base of what differs from the rest, and local charms as such", () => {
    const noble = { base: { name: "ubuntu", channel: "24.04/stable" } };
    const [bundle] = documents(
      composeBundle(
        parts({
          status: status({
            machines: { 0: noble, 1: { base: { name: "ubuntu", channel: "22.04" } } },
            applications: {
              a: application({ units: { "a/0": { machine: "1" } } }),
              b: application({ ...noble, units: { "b/0": { machine: "0" } } }),
              c: application({ "charm-origin": "local", "charm-name": "mine", "charm-channel": undefined }),
            },
          }),
        }),
      ),
    );
    expect(bundle["default-base"]).to.equal("ubuntu@22.04/stable");
    expect(bundle.applications.b.base).to.equal("ubuntu@24.04/stable");
    expect(bundle.machines).to.deep.equal({ 0: { base: "ubuntu@24.04/stable" }, 1: {} });
    expect(bundle.applications.c).to.deep.equal({ charm: "local:mine-7" });
  });

  it("keeps an option's type, also where YAML 1.1 would read another", () => {
    const values = {
      a: "yes",
      b: "8.0",
      c: 8,
      d: true,
      e: "",
      f: "two\nlines\n",
      g: "0777",
      h: 1.5,
      i: "null",
    };
    const settings = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { value, source: "user" }]),
    );
    const given = { configs: { keystone: { settings } } };
    expect(only({}, given).options).to.deep.equal(values);
    const text = composeBundle(
      parts({ status: status({ applications: { keystone: application() } }), ...given }),
    );
    expect(parse(text, { version: "1.1" }).applications.keystone.options).to.deep.equal(values);
  });

  it("writes expose, trust, bindings and storage as an export does", () => {
    expect(only({ exposed: true })).to.include({ expose: true });
    const world = { "": { "expose-to-cidrs": ["0.0.0.0/0", "::/0"] } };
    expect(only({ exposed: true }, { shown: { keystone: { "exposed-endpoints": world } } })).to.include({
      expose: true,
    });
    const trust = { value: true, source: "user" };
    expect(only({}, { configs: { keystone: { "application-config": { trust } } } })).to.include({
      trust: true,
    });
    const bound = (bindings: Record<string, string>) => only({ "endpoint-bindings": bindings });
    expect(bound({ "": "alpha", public: "alpha" })).not.to.have.property("bindings");
    expect(bound({ "": "alpha", public: "dmz" })).to.deep.include({
      bindings: { "": "alpha", public: "dmz" },
    });
    const storage = {
      storage: {
        "osd-devices/0": { attachments: { units: { "keystone/0": {} } } },
        "osd-devices/1": { attachments: { units: { "keystone/0": {} } } },
        "osd-devices/2": { attachments: { units: { "keystone/1": {} } } },
        "data/3": { attachments: { units: { "mysql/0": {} } } },
      },
      volumes: { 0: { storage: "osd-devices/0", pool: "maas", size: 2048 } },
      filesystems: null,
    };
    expect(only({}, { storage })).to.deep.include({ storage: { "osd-devices": "maas,2,2048M" } });
  });

  it("puts offers and endpoint-wise exposure into an overlay", () => {
    const users = {
      admin: { access: "admin" },
      "everyone@external": { access: "read" },
      bob: { access: "consume" },
    };
    const offers = {
      "keystone-credentials": { application: "keystone", endpoints: { "identity-credentials": {} }, users },
    };
    const exposed = { public: { "expose-to-spaces": ["dmz"] } };
    const text = composeBundle(
      parts({
        status: status({ applications: { keystone: application({ exposed: true }) } }),
        offers,
        shown: { keystone: { "exposed-endpoints": exposed } },
      }),
    );
    const [bundle, overlay] = documents(text);
    expect(text).to.contain("\n--- # overlay.yaml\n");
    expect(bundle.applications.keystone).not.to.have.any.keys("expose", "offers");
    expect(overlay).to.deep.equal({
      applications: {
        keystone: {
          offers: {
            "keystone-credentials": {
              endpoints: ["identity-credentials"],
              acl: { admin: "admin", bob: "consume" },
            },
          },
          "exposed-endpoints": exposed,
        },
      },
    });
  });

  describe("pairs of endpoints", () => {
    const related = (
      relations: Record<string, Record<string, string[]>>,
      more: Record<string, unknown> = {},
    ) => {
      const applications = Object.fromEntries(
        Object.entries(relations).map(([name, endpoints]) => [
          name,
          application({
            relations: Object.fromEntries(
              Object.entries(endpoints).map(([endpoint, others]) => [
                endpoint,
                others.map((other) => {
                  const [app, via] = other.split(" ");
                  return { "related-application": app, ...(via ? { interface: via } : {}) };
                }),
              ]),
            ),
          }),
        ]),
      );
      return composeBundle(parts({ status: status({ applications, ...more }) }));
    };
    const relationsIn = (text: string) => documents(text)[0].relations;

    it("are matched by application and interface; peers are none", () => {
      const text = related({
        cinder: { "shared-db": ["router mysql"], "image-service": ["glance http"], cluster: ["cinder ha"] },
        glance: { "image-service": ["cinder http"] },
        router: { "shared-db": ["cinder mysql"], "db-router": [] },
      });
      expect(relationsIn(text)).to.deep.equal([
        ["cinder:image-service", "glance:image-service"],
        ["cinder:shared-db", "router:shared-db"],
      ]);
      expect(text).not.to.contain("fit more than one way");
    });

    it("may share an endpoint", () => {
      const text = related({
        ceilometer: { amqp: ["rabbitmq amqp"], "amqp-listener": ["rabbitmq amqp"] },
        rabbitmq: { amqp: ["ceilometer amqp", "ceilometer amqp"] },
      });
      expect(relationsIn(text)).to.deep.equal([
        ["ceilometer:amqp", "rabbitmq:amqp"],
        ["ceilometer:amqp-listener", "rabbitmq:amqp"],
      ]);
    });

    it("go by name and are told where they are not certain", () => {
      const text = related({
        a: { x: ["b i"], y: ["b i"] },
        b: { y: ["a i"], z: ["a i"] },
      });
      expect(relationsIn(text)).to.deep.equal([
        ["a:x", "b:z"],
        ["a:y", "b:y"],
      ]);
      expect(text).to.contain(
        "# These endpoints fit more than one way; put together by name and order: a:y - b:y",
      );
    });

    it("reach into other models", () => {
      const text = related(
        { keystone: { "shared-db": ["mysql mysql"] } },
        {
          "application-endpoints": {
            mysql: { url: "other:admin/db.mysql", relations: { db: ["keystone"] } },
          },
        },
      );
      const [bundle] = documents(text);
      expect(bundle.saas).to.deep.equal({ mysql: { url: "other:admin/db.mysql" } });
      expect(bundle.relations).to.deep.equal([["keystone:shared-db", "mysql:db"]]);
    });
  });
});

/** What juju would answer about a model that was exported like this. */
const answersOf = (exported: string) => {
  const [bundle, overlay] = documents(exported);
  const [name, channel] = bundle["default-base"].split("@");
  const base = { name, channel };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const entries = Object.entries<any>(bundle.applications);
  const containers = new Map<string, number>();
  const machineOf = (to: string): string => {
    const [type = "", parent] = to.split(":");
    if (parent === undefined) return type;
    const index = containers.get(parent) ?? 0;
    containers.set(parent, index + 1);
    return `${parent}/${type}/${index}`;
  };
  const relationsOf = (app: string) => {
    const found: Record<string, { "related-application": string; interface: string }[]> = {};
    for (const pair of bundle.relations as string[][]) {
      const ends = pair.map((end) => end.split(":"));
      const via = ends
        .map(([, endpoint]) => endpoint)
        .sort()
        .join("+");
      for (const [own, other] of [ends, [...ends].reverse()]) {
        if (own?.[0] !== app) continue;
        const [, endpoint = ""] = own;
        const entry = { "related-application": other?.[0] ?? "", interface: via };
        found[endpoint] = [...(found[endpoint] ?? []), entry];
      }
    }
    return found;
  };
  const given = status({
    machines: Object.fromEntries(
      Object.entries(bundle.machines).map(([id, each]) => [id, { base, ...(each as object) }]),
    ),
    applications: Object.fromEntries(
      entries.map(([app, each]) => [
        app,
        application({
          base,
          "charm-name": each.charm,
          "charm-rev": each.revision,
          "charm-channel": each.channel,
          exposed: each.expose ?? false,
          relations: relationsOf(app),
          "endpoint-bindings": each.bindings ?? {},
          units: Object.fromEntries(
            (each.to ?? []).map((to: string, at: number) => [`${app}/${at}`, { machine: machineOf(to) }]),
          ),
        }),
      ]),
    ),
  });
  const settings = (options: Record<string, unknown> = {}) =>
    Object.fromEntries(Object.entries(options).map(([option, value]) => [option, { value, source: "user" }]));
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const offers = Object.entries<any>(overlay?.applications ?? {}).flatMap(([app, own]) =>
    // biome-ignore lint/suspicious/noExplicitAny: as above
    Object.entries<any>(own.offers ?? {}).map(([offer, { endpoints, acl }]) => [
      offer,
      {
        application: app,
        endpoints: Object.fromEntries(endpoints.map((endpoint: string) => [endpoint, {}])),
        users: Object.fromEntries(
          Object.entries(acl).map(([user, access]) => [user, { access: String(access) }]),
        ),
      },
    ]),
  );
  return parts({
    status: given,
    configs: Object.fromEntries(entries.map(([app, { options }]) => [app, { settings: settings(options) }])),
    constraints: Object.fromEntries(entries.map(([app, { constraints = "" }]) => [app, constraints])),
    shown: Object.fromEntries(
      entries.map(([app, { num_units: units }]) => [app, { principal: units !== undefined }]),
    ),
    offers: Object.fromEntries(offers),
  });
};

/** What bundle-diff finds between two texts. */
const difference = (exported: string, composed: string) => {
  const folder = mkdtempSync(join(tmpdir(), "composed-"));
  try {
    writeFileSync(join(folder, "exported.yaml"), exported);
    writeFileSync(join(folder, "composed.yaml"), composed);
    const program = join(import.meta.dirname, "../../../../packages/bundle-diff/main.ts");
    const files = [join(folder, "exported.yaml"), join(folder, "composed.yaml")];
    return spawnSync(process.execPath, [program, ...files], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** No difference for bundle-diff; the keys that are missing are those of which juju does not tell. */
const sameButUntold = (exported: string, composed: string): void => {
  const { status: code, stdout, stderr } = difference(exported, composed);
  expect(stderr).to.equal("");
  expect(code, stdout).to.equal(0);
  const [before, after] = [exported, composed].map((text) => documents(text)[0].applications);
  const lost = Object.entries<object>(before).flatMap(([name, each]) =>
    Object.keys(each).filter((key) => !(key in after[name])),
  );
  // Bindings to the one space there is say nothing, nor do a subordinate's constraints.
  expect(lost).to.satisfy((keys: string[]) =>
    keys.every((key) => ["annotations", "bindings", "constraints", "resources", "storage"].includes(key)),
  );
};

describe("the recorded export", () => {
  it("is composed the same for bundle-diff from what juju would answer, but for what it does not tell", () => {
    const exported = recordedFile("juju", "bundles", "export-3.6.28-style-jammy-yoga.COMPOSED.yaml");
    sameButUntold(exported, composeBundle(answersOf(exported)));
  });
});

/** A juju that is the simulated lab's, without a process for each call. */
const askLab =
  (lab: Lab): Exec =>
  async ({ args }) => {
    const call = { argv: args, env: lab.env, tty: false };
    const response = await fetch(new URL("/simulator/juju", lab.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call),
    });
    const said = (await response.text())
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const all = (key: string): string => said.map((each) => each[key] ?? "").join("");
    const code = said.find(({ exit }) => exit !== undefined)?.exit;
    return { end: "exited", code, stdout: all("stdout"), stderr: all("stderr"), problem: "" };
  };

describe("the simulated lab's model", function () {
  this.timeout(120_000);

  it("is composed and exported the same for bundle-diff, but for what juju does not tell", async () => {
    const dir = mkdtempSync(join(tmpdir(), "composed-lab-"));
    const lab = await startLab({ dir });
    try {
      const juju = jujuClient({ exec: askLab(lab), env: {}, controller: "maas-lab" });
      const address = "maas-lab:admin/openstack";
      const [exported, composed] = [await juju.exportBundle(address), await juju.composeBundle(address)];
      expect(Object.keys(documents(composed)[0].applications)).to.have.length.above(20);
      sameButUntold(exported, composed);
    } finally {
      await lab.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

const show = (value: unknown) => printing(JSON.stringify(value));

describe("Juju client: composing a bundle", () => {
  const recorded = recordedJuju("cli-4.0.14-real-server.json", "status -m openstack --format=yaml");
  const answers = {
    version: printing("4.0.14-genericlinux-amd64\n"),
    status: recorded,
    "show-application": show({ "mysql-router": { principal: false } }),
    offers: show({}),
    storage: printing(""),
    "config * keystone": show({ settings: { "admin-password": { value: "geheim", source: "user" } } }),
    config: show({ settings: {} }),
    constraints: printing("arch=amd64\n"),
  };

  it("asks for each application, tells how far it is, and names the model in each question", async () => {
    const seen: string[] = [];
    await withAnswers(answers, async ({ juju, calls }) => {
      const text = await juju.composeBundle(openstack, ({ done, total }) => seen.push(`${done}/${total}`));
      expect(documents(text)[0].applications.keystone).to.deep.include({
        options: { "admin-password": "geheim" },
        constraints: "arch=amd64",
      });
      expect(text).to.contain("juju 4.0.14 answers");
      expect(seen.at(0)).to.equal("1/10");
      expect(seen.at(-1)).to.equal("10/10");
      expect(calls()).to.have.length(12);
      for (const call of calls())
        if (!call.startsWith("version")) expect(call).to.contain(` -m ${openstack} `);
      expect(calls()).to.include(
        `show-application -m ${openstack} keystone mysql-router nova-compute rabbitmq-server --format=yaml controller= model=`,
      );
    });
  });

  it("runs four calls at the same time and no more, and none after one has failed", async () => {
    let running = 0;
    let most = 0;
    let after = 0;
    const failing = new Set<string>();
    const ask = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        void withAnswers({}, async ({ juju }) => juju.composeBundle(openstack).then(resolve, reject), {
          exec: async ({ args, signal }) => {
            if (signal?.aborted)
              return { end: "aborted", code: undefined, stdout: "", stderr: "", problem: "" };
            if (failing.has("done")) after += 1;
            running += 1;
            most = Math.max(most, running);
            await new Promise((done) => setTimeout(done, 5));
            running -= 1;
            const isBad = failing.has(args[0] ?? "");
            if (isBad) failing.add("done");
            const [, answer = printing("")] =
              Object.entries(answers).find(([start]) => start.split(" ")[0] === args[0]) ?? [];
            return {
              end: "exited",
              problem: "",
              ...(isBad ? printing("", "ERROR permission denied\n", 1) : answer),
            };
          },
        });
      });
    await ask();
    expect(most).to.equal(4);
    failing.add("offers");
    expect(jujuErrorKind(await errorOf(ask()))).to.equal("forbidden");
    expect(after).to.equal(0);
  });

  it("has nothing to compose for a model without applications", async () => {
    await withAnswers({ status: show({ model: { name: "openstack" } }) }, async ({ juju }) =>
      expect(jujuErrorKind(await errorOf(juju.composeBundle(openstack)))).to.equal("nothing-to-export"),
    );
  });

  it("never repeats an answer in an error: it holds passwords", async () => {
    const config = printing("settings: {admin-password: {value: hunter2}\n");
    await withAnswers({ ...answers, "config * keystone": config }, async ({ juju }) => {
      const error = await errorOf(juju.composeBundle(openstack));
      expect(jujuErrorKind(error)).to.equal("bad-answer");
      expect(error.message).not.to.contain("hunter2");
    });
  });
});
