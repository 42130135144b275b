import { expect } from "chai";
import { parse } from "yaml";
import { destroy, minute, words } from "./asked.ts";
import { cleanUp, recordedLab } from "./recorded-lab.ts";

describe("The simulated juju client", () => {
  afterEach(cleanUp);

  for (const command of [
    ...["controllers --format=yaml", "controllers --format tabular", "list-controllers"],
    ...["show-controller -c maas-lab", "show-controller --controller=maas-lab --format json"],
    ...[
      "export-bundle --include-charm-defaults",
      "export-bundle --include-series -m openstack",
      "export-bundle --model=openstack",
    ],
    ...[
      "machines --utc",
      "machines --color",
      "machines -m openstack",
      "machines --model openstack",
      "list-machines --format=tabular",
    ],
    ...[
      "models --all",
      "models --uuid",
      "models --exact-time",
      "models -c maas-lab",
      "models --controller=maas-lab",
      "list-models --user admin",
    ],
    ...[
      "remove-machine 3 --force --no-wait --no-prompt --keep-instance",
      "remove-machine 3 --dry-run -m openstack",
      "remove-machine --model openstack --dry-run 3",
    ],
    ...[
      "show-model --format=json",
      "show-model openstack",
      "show-model -m openstack",
      "show-model --model=openstack",
    ],
    ...[
      "status --utc",
      "status --relations",
      "status --storage",
      "status --no-color",
      "status --color",
      "status --integrations",
    ],
    ...["status --retry-count 1 --retry-delay=1s", "status -m openstack", "status --model openstack"],
    ...[
      "version",
      "version --all",
      "--version",
      "whoami --format=yaml",
      "whoami -o x --format=yaml",
      "whoami --format json",
      "whoami --format=tabular",
    ],
  ])
    it(`accepts juju ${command}`, async () => {
      const lab = recordedLab();
      const { code, stderr } = await lab.run(words(command), lab.newStore());
      expect({ code, stderr: stderr.replace(/^WARNING This command will perform.*\n/, "") }).to.deep.equal({
        code: 0,
        stderr: "",
      });
    });

  for (const command of [
    ...[
      "controllers --refresh",
      "controllers --managed",
      "controllers --output x",
      "controllers -o x",
      "show-controller --show-password",
    ],
    ...[
      "show-controller --output x",
      "show-controller -o x",
      "machines --output x",
      "machines -o x",
      "models -o x",
      "show-model --output x",
    ],
    ...[
      "show-model -o x",
      "status --output x",
      "status -o x",
      "status --watch 1s",
      "version --format yaml",
      "version --output x",
      "version -o x",
    ],
  ])
    it(`says that it does not know juju ${command}`, async () => {
      const lab = recordedLab();
      const [name, option = ""] = words(command);
      const result = await lab.run(words(command), lab.newStore());
      const flag = option === "-o" ? "--output" : option;
      expect(result).to.deep.equal({
        code: 2,
        stdout: "",
        stderr: `ERROR the simulated lab's juju ${name} does not know ${flag}\n`,
      });
    });

  it("says of each command of juju's that it has not that it has it not", async () => {
    const lab = recordedLab();
    for (const command of [
      ...[
        "add-machine",
        "add-model",
        "add-unit",
        "bootstrap",
        "consume",
        "create-backup",
        "credentials",
        "debug-log",
      ],
      ...["deploy", "destroy-controller", "diff-bundle", "download-backup", "exec", "help"],
      ...[
        "info",
        "integrate",
        "kill-controller",
        "login",
        "logout",
        "model-config",
        "refresh",
        "register",
        "relate",
      ],
      ...["remove-application", "remove-unit", "resolved", "run", "scp", "show-machine", "show-unit", "ssh"],
      ...["switch", "unregister", "upgrade-model"],
    ]) {
      const { code, stderr } = await lab.run([command], lab.newStore());
      expect(code, command).to.equal(1);
      expect(stderr).to.match(
        new RegExp(`^ERROR the simulated lab's juju has no command "${command}"; it has: config, `),
      );
    }
  });

  it("counts controller machines, and shows the tables of an empty model without any", async () => {
    const lab = recordedLab();
    const { stdout } = await lab.run(words("controllers --format=yaml"), lab.newStore());
    expect(parse(stdout).controllers["maas-lab"]["controller-machines"]).to.deep.equal({
      active: 1,
      total: 1,
    });
    const empty = await lab.run(words("status -m controller"), lab.newStore());
    expect(empty.stdout).not.to.match(/\n\nUnit /);
  });

  it("says that there are no controllers", async () => {
    const lab = recordedLab({ store: { "controllers.yaml": { controllers: {} } } });
    for (const [format, printed] of [
      ["json", { controllers: null, "current-controller": "" }],
      ["yaml", { controllers: {}, "current-controller": "" }],
    ] as const) {
      const { code, stdout } = await lab.run(["controllers", "--format", format], lab.newStore());
      expect(code).to.equal(0);
      expect(parse(stdout).controllers).to.deep.equal(printed.controllers);
    }
  });

  it("counts machines, cores and units as the model has them", async () => {
    const lab = recordedLab({ generated: true, model: { summary: undefined } });
    const read = async (command: string) => (await lab.run(words(command), lab.newStore())).stdout;
    const { machines } = JSON.parse(await read("machines --format=json"));
    const { applications } = JSON.parse(await read("status --format=json"));
    type Counted = {
      containers?: object;
      hardware: string;
      units?: Record<string, { subordinates?: object }>;
    };
    const all = Object.values<Counted>(machines);
    const containers = all.flatMap((one) => Object.keys(one.containers ?? {}));
    const cores = all.map(({ hardware }) => Number(/cores=(\d+)/.exec(hardware)?.[1]));
    const units = Object.values<Counted>(applications).flatMap((one) => Object.values(one.units ?? {}));
    const subordinates = units.flatMap((unit) => Object.keys(unit.subordinates ?? {}));
    const row = (await read("models")).split("\n").find((line) => line.startsWith("openstack")) ?? "";
    expect(row.split(/ {2,}/).slice(4, 7).map(Number)).to.deep.equal([
      all.length + containers.length,
      cores.reduce((sum, count) => sum + count, 0),
      units.length + subordinates.length,
    ]);
  });

  it("shows the table of machines down to the last one", async () => {
    const lab = recordedLab({
      model: { stuck: "forever", course: [{ at: "1s", machines: 1, applications: 0 }] },
    });
    await lab.run(destroy, lab.newStore(), { limit: 2000 });
    const { stdout } = await lab.run(["status"], lab.newStore());
    expect(stdout).to.match(/\nMachine +State +Address[^\n]*\n3 +/);
    await lab.clock.advance(1);
  });

  for (const [command, message] of [
    ["controllers x", 'unrecognized args: ["x"]'],
    ["show-controller maas-lab x", 'unrecognized args: ["x"]'],
    ["machines x", 'unrecognized args: ["x"]'],
    ["models x", 'unrecognized args: ["x"]'],
    ["export-bundle x", 'unrecognized args: ["x"]'],
    ["show-model openstack x", 'unrecognized args: ["x"]'],
    ["destroy-model openstack x --force", 'unrecognized args: ["x"]'],
    ["destroy-model", "no model specified"],
    ["destroy-model openstack --timeout 1m", "--timeout can only be used with --force (dangerous)"],
    [
      "destroy-model openstack --force --timeout soon",
      'invalid value "soon" for option --timeout: time: invalid duration "soon"',
    ],
    ["destroy-model openstack --force -t -1m", "--timeout must be zero or greater"],
    [
      "destroy-model openstack --destroy-storage --release-storage",
      "--destroy-storage and --release-storage cannot both be specified",
    ],
    ["whoami --format x", 'invalid value "x" for option --format: unknown format "x"'],
    ["show-model --format tabular", 'invalid value "tabular" for option --format: unknown format "tabular"'],
    [
      "show-controller --format tabular",
      'invalid value "tabular" for option --format: unknown format "tabular"',
    ],
  ] as const)
    it(`refuses juju ${command}`, async () => {
      const lab = recordedLab();
      const { code, stderr } = await lab.run(words(command), lab.newStore());
      expect({ code, stderr }).to.deep.equal({ code: 2, stderr: `ERROR ${message}\n` });
    });

  for (const [command, format] of [
    ["controllers", "tabular"],
    ["machines", "tabular"],
    ["models", "tabular"],
    ["status", "tabular"],
    ["whoami", "tabular"],
    ["show-model", "yaml"],
    ["show-controller", "yaml"],
  ] as const)
    it(`prints juju ${command} as ${format} unless told otherwise`, async () => {
      const lab = recordedLab();
      const plain = await lab.run([command], lab.newStore());
      const told = await lab.run([command, `--format=${format}`], lab.newStore());
      const json = await lab.run([command, "--format=json"], lab.newStore());
      expect(told).to.deep.equal(plain);
      expect(plain.stdout.length).to.be.greaterThan(20);
      expect(json.stdout).to.match(/^[{[].*[}\]]\n$/);
    });

  it("prints its tables under the titles that juju gives them", async () => {
    const titlesOf = async (command: string, controller = {}, line = 0): Promise<string[]> => {
      const lab = recordedLab({ controller });
      const { stdout } = await lab.run(words(command), lab.newStore());
      return (stdout.split("\n")[line] ?? "").split(/ {2,}/);
    };
    expect(await titlesOf("controllers", {}, 2)).to.deep.equal(
      words("Controller Model User Access Cloud/Region Models Nodes HA Version"),
    );
    expect(await titlesOf("machines")).to.deep.equal([
      "Machine",
      "State",
      "Address",
      "Inst id",
      "Base",
      "AZ",
      "Message",
    ]);
    const model = words("Model Controller Cloud/Region Version SLA Timestamp");
    expect(await titlesOf("status")).to.deep.equal(model);
    const juju4 = { version: "4.0.12", client: "4.0.12" };
    expect(await titlesOf("status", juju4)).to.deep.equal(model.filter((title) => title !== "SLA"));
    expect(await titlesOf("controllers", {}, 3)).to.deep.equal([
      "maas-lab*",
      "openstack",
      "admin",
      "superuser",
      "maas-lab/default",
      ...["2", "5", "none"],
      "3.6.28",
    ]);
    expect(await titlesOf("whoami", {}, 0)).to.deep.equal(
      ["Controller:", "maas-lab"].join("  ").split(/ {2,}/),
    );
  });

  it("shows the controller that is asked for, or the current one", async () => {
    const lab = recordedLab();
    const shown = await lab.run(["show-controller"], lab.newStore());
    const { details, account, "current-model": current } = parse(shown.stdout)["maas-lab"];
    expect(Object.keys(details)).to.deep.equal([
      "controller-uuid",
      "api-endpoints",
      "cloud",
      "region",
      "agent-version",
      "controller-model-version",
      "ca-fingerprint",
      "ca-cert",
    ]);
    expect(details).to.include({ cloud: "maas-lab", region: "default", "agent-version": "3.6.28" });
    expect(account).to.deep.equal({ user: "admin", access: "superuser" });
    expect(current).to.equal("admin/openstack");
    expect((await lab.run(["show-controller", "maas-lab"], lab.newStore())).stdout).to.equal(shown.stdout);
    const other = await lab.run(["show-controller", "other"], lab.newStore());
    expect([other.code, other.stderr]).to.deep.equal([1, "ERROR controller other not found\n"]);
  });

  it("tells a dying machine from a dead one in its table", async () => {
    const lab = recordedLab({
      model: { stuck: "forever", course: [{ at: "1s", machines: ["0", "3"], dead: ["0"] }] },
    });
    const states = async (): Promise<string[]> =>
      (await lab.run(["machines"], lab.newStore())).stdout
        .split("\n")
        .filter((line) => /^\d /.test(line))
        .map((line) => line.split(/ {2,}/).slice(0, 2).join(" "));
    expect(await states()).to.deep.equal(["0 started", "1 started", "2 started", "3 started"]);
    await lab.run(destroy, lab.newStore(), { limit: 2000 });
    expect(await states()).to.deep.equal(["0 stopped", "3 down"]);
  });

  it("counts one of each thing, too, before it asks and while it waits", async () => {
    const lab = recordedLab({
      generated: true,
      model: {
        applications: 1,
        stuck: "forever",
        course: [{ at: "1h", machines: 1, errors: 1, applications: 1 }],
      },
    });
    const argv = words("destroy-model openstack --force --destroy-storage");
    const { stderr } = await lab.run(argv, lab.newStore(), {
      limit: 1000,
      env: { SIMULATED_JUJU_STDIN: "openstack\n" },
    });
    expect(stderr).to.contain(" - 1 application will be removed\n  - application list: ");
    expect(stderr).to.contain("4 machine(s), 1 application(s)");
    await lab.clock.advance(60 * minute);
    const again = await lab.run(
      words("destroy-model openstack --force --no-prompt --destroy-storage"),
      lab.newStore(),
      {
        limit: 1000,
      },
    );
    expect(again.stderr).to.contain(
      "Waiting for model to be removed, 1 error(s), 1 machine(s), 1 application(s)",
    );
  });

  it("polls every two seconds in the end", async () => {
    const lab = recordedLab({ model: { stuck: "forever", course: [{ at: "1h", machines: 1 }] } });
    // 10, 20, 40 ... 1280 ms, then each 2 s: the 108th poll comes after 202.55 s.
    const { code, stderr } = await lab.run(destroy, lab.newStore(), { limit: 202_550 });
    expect(code).to.equal(undefined);
    const lines = stderr.split("\n").filter((line) => line.startsWith("Waiting"));
    expect(lines).to.have.length(1);
    const dots = stderr.slice(stderr.indexOf("...") + 3).replaceAll("\n", "").length;
    expect(dots).to.equal(107);
  });
});
