import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { words } from "./asked.ts";
import { cleanUp, type RecordedLab, recordedLab, type Situation } from "./recorded-lab.ts";

const juju4 = { version: "4.0.14", client: "4.0.14" };
const generated: Situation = { generated: true, model: { applications: 25 } };

/** The answer of a command, asked for as YAML and as JSON, which must be the same. */
const read = async (lab: RecordedLab, command: string) => {
  const [yaml, json] = await Promise.all(
    ["yaml", "json"].map((format) => lab.run([...words(command), `--format=${format}`], lab.newStore())),
  );
  expect([yaml?.code, json?.code], command).to.deep.equal([0, 0]);
  expect(JSON.parse(json?.stdout ?? ""), command).to.deep.equal(parse(yaml?.stdout ?? ""));
  return JSON.parse(json?.stdout ?? "");
};

type Related = { "related-application": string; interface: string };
type Shown = {
  "charm-name": string;
  "charm-channel": string;
  "charm-rev": number;
  relations?: Record<string, Related[]>;
  units?: Record<string, { machine: string }>;
};

/** Where a unit is placed, as a bundle writes it. */
const placement = (machine: string): string =>
  machine.includes("/lxd/") ? `lxd:${machine.split("/")[0]}` : machine;

/** A bundle made of what the client tells of a model, application by application. */
const composed = async (lab: RecordedLab): Promise<Record<string, Record<string, unknown>>> => {
  const status = await read(lab, "status");
  const applications: Record<string, Record<string, unknown>> = {};
  for (const [name, shown] of Object.entries<Shown>(status.applications)) {
    const { settings } = await read(lab, `config ${name}`);
    const set = Object.entries<{ source: string; value: unknown }>(settings).filter(
      ([, { source }]) => source === "user",
    );
    const { [name]: details } = await read(lab, `show-application ${name}`);
    const units = Object.values(shown.units ?? {});
    applications[name] = {
      charm: shown["charm-name"],
      channel: shown["charm-channel"],
      revision: shown["charm-rev"],
      ...(units.length > 0
        ? { num_units: units.length, to: units.map(({ machine }) => placement(machine)) }
        : {}),
      ...(set.length > 0
        ? { options: Object.fromEntries(set.map(([option, { value }]) => [option, value])) }
        : {}),
      bindings: details["endpoint-bindings"],
    };
  }
  return applications;
};

describe("What the simulated juju tells of a model's contents", () => {
  afterEach(cleanUp);

  it("is enough to compose the bundle that 3.6 exports", async () => {
    const lab = recordedLab(generated);
    const { stdout } = await lab.run(["export-bundle"], lab.newStore());
    const [base, overlay] = parseAllDocuments(stdout).map((document) => document.toJS());
    const mine = await composed(lab);
    // The client tells neither of positions in a drawing nor of storage directives.
    for (const [name, { annotations: _a, storage: _s, constraints, ...exported }] of Object.entries<
      Record<string, unknown>
    >(base.applications)) {
      expect(mine[name], name).to.deep.equal(exported);
      if (exported.num_units) {
        const asText = await lab.run(["constraints", name], lab.newStore());
        expect(asText.stdout).to.equal(`${constraints}\n`);
      }
    }
    const offered = await read(lab, "offers");
    expect(Object.keys(offered)).to.deep.equal(Object.keys(overlay.applications.keystone.offers));
    expect(offered["keystone-credentials"]).to.deep.include({
      application: "keystone",
      "offer-url": "admin/openstack.keystone-credentials",
      users: { admin: { "display-name": "admin", access: "admin" } },
    });
  });

  it("is the same on 4.0, which exports none", async () => {
    const [old, modern] = [recordedLab(generated), recordedLab({ ...generated, controller: juju4 })];
    expect(await composed(modern)).to.deep.equal(await composed(old));
  });

  it("names one interface for a relation, from both sides", async () => {
    const lab = recordedLab(generated);
    const { applications } = await read(lab, "status");
    const sides: string[] = [];
    for (const [name, { relations = {} }] of Object.entries<Shown>(applications))
      for (const { interface: of, "related-application": other } of Object.values(relations).flat())
        sides.push([...[name, other].sort(), of].join(" "));
    const counts = Map.groupBy(sides, (side) => side);
    expect([...counts.values()].filter((same) => same.length % 2 === 1)).to.deep.equal([]);
    expect(sides.length).to.be.greaterThan(50);
  });

  it("says of an option whether somebody has set it", async () => {
    const lab = recordedLab(generated);
    const { settings, "application-config": application } = await read(lab, "config keystone");
    expect(settings["preferred-api-version"]).to.include({ source: "user", type: "int", value: 3 });
    expect(settings["openstack-origin"]).to.include({ source: "user", type: "string", value: "distro" });
    expect(settings["use-syslog"]).to.include({ source: "default", value: false });
    expect(settings["extra-settings"]).to.include({ source: "unset" }).and.not.to.have.property("value");
    expect(application.trust).to.include({ source: "default", value: false });
    const one = await lab.run(words("config keystone preferred-api-version"), lab.newStore());
    expect(one.stdout).to.equal("3\n");
  });

  it("lists storage instances, and prints nothing on stdout when there are none", async () => {
    const lab = recordedLab();
    expect((await read(lab, "storage")).storage["osd-devices/0"].kind).to.equal("block");
    expect((await lab.run(["storage"], lab.newStore())).stdout).to.contain(
      "ceph-osd/0  osd-devices/0  block",
    );
    const none = recordedLab(generated);
    const { stdout, stderr } = await none.run(words("storage --format=yaml"), none.newStore());
    expect([stdout, stderr]).to.deep.equal(["", "No storage to display.\n"]);
  });

  it("shows tables of offers, and of no offers", async () => {
    const lab = recordedLab(generated);
    const { stdout } = await lab.run(["offers"], lab.newStore());
    const [titles, row] = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(titles).to.deep.equal(words("Offer Application Charm Rev Connected Endpoint Interface Role"));
    expect(row?.slice(0, 4)).to.deep.equal(["keystone-credentials", "keystone", "keystone", "100"]);
  });

  for (const [command, code, message] of [
    ["config", 2, "no application name specified"],
    ["config keystone a b", 2, "can only retrieve a single value, or all values"],
    ["config keystone a=b", 2, "the simulated lab's juju config sets nothing"],
    ["config nosuch", 1, 'application "nosuch" not found'],
    ["config keystone x", 1, 'key "x" not found in "keystone" application config or charm settings.'],
    ["constraints", 2, "no application name specified"],
    ["constraints keystone-mysql-router", 1, "constraints do not apply to subordinate applications"],
    ["show-application", 2, "an application name must be supplied"],
    ["show-application nosuch", 1, 'application "nosuch" not found'],
  ] as const)
    it(`refuses juju ${command}`, async () => {
      const lab = recordedLab(generated);
      const result = await lab.run(words(command), lab.newStore());
      expect([result.code, result.stderr]).to.deep.equal([code, `ERROR ${message}\n`]);
    });

  it("gives the constraints of an application in three formats", async () => {
    const lab = recordedLab(generated);
    expect(await read(lab, "constraints keystone")).to.deep.equal({ arch: "amd64" });
  });
});
