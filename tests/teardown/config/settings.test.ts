import { expect } from "chai";
import { isPermission, type Permission } from "../../../teardown/config/permissions.ts";
import {
  hostMatches,
  ourKeys,
  parseSettings,
  type Settings,
  settingKeys,
} from "../../../teardown/config/settings.ts";
import { TeardownError } from "../../../teardown/errors.ts";

const least = {
  host: "vopenstack-jesse",
  user: "jessea123",
  jujuModel: "openstack",
  maasProfile: "admin",
  machines: ["openstack0", "openstack1"],
};
const withUrl = { maasProfile: "", maasApiUrl: "http://maas:5240/MAAS", maasApiKey: "a:b:c" };

const problemOf = (
  raw: Record<string, unknown>,
  parse: (raw: Record<string, unknown>) => unknown = parseSettings,
) => {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof TeardownError && error.code === "config") return error.message;
    throw error;
  }
  throw new Error(`expected a problem with ${JSON.stringify(raw)}`);
};

/** What is taken and what is refused, side by side: value and what becomes of it, value and what is said. */
type Case = { good: [unknown, unknown][]; bad: [unknown, string][] };
const flag: Case = {
  good: [
    [true, true],
    ["true", true],
    ["false", false],
  ],
  bad: [
    ["yes", "must be true or false"],
    [1, "must be true or false"],
    ["", "must be true or false"],
  ],
};
const list: Case = {
  good: [
    [
      ["a", "b"],
      ["a", "b"],
    ],
    ['["a","b"]', ["a", "b"]],
    [[" a "], ["a"]],
    [[7], ["7"]],
  ],
  bad: [
    ["a", "must be a list of hostnames"],
    ["[", "must be a list of hostnames"],
    [{ 0: "a" }, "must be a list of hostnames"],
    [["a", "b", "a", "b"], "names a, b more than once"],
    [[""], "contains an empty name"],
    [[null], "contains an invalid hostname"],
    [[{ a: 1 }], "contains an invalid hostname"],
  ],
};
const text: Case = {
  good: [
    ["x", "x"],
    [" x ", "x"],
    [7, "7"],
  ],
  bad: [
    [["x"], "must be a string"],
    [{ secure: "v1:abc" }, "must be a string"],
  ],
};
const needed = (example: string): Case => ({
  good: text.good,
  bad: [
    ...text.bad,
    [undefined, `is not set; for example: ${example}`],
    [null, `is not set; for example: ${example}`],
    ["", `is not set; for example: ${example}`],
    ["  ", `is not set; for example: ${example}`],
  ],
});
const duration: Case = {
  good: [
    ["90s", 90_000],
    ["576h", 2_073_600_000],
  ],
  bad: [
    ["600", 'must be a duration such as 90s, 10m or 1h, not "600"'],
    [600, 'must be a duration such as 90s, 10m or 1h, not "600"'],
    ["0s", 'must be a duration such as 90s, 10m or 1h, not "0s"'],
    ["577h", 'must be at most 576h, not "577h"'],
    [["1h"], "must be a string"],
  ],
};

// The permissions have their own tests (permissions.test.ts).
const cases: Record<Exclude<keyof Settings, Permission>, Case> = {
  host: needed("vopenstack-jesse"),
  user: needed("jessea123"),
  jujuModel: needed("openstack"),
  jujuController: { ...text, good: [...text.good, [undefined, ""], [null, ""]] },
  maasProfile: {
    good: text.good,
    bad: [...text.bad, [undefined, "or maasApiUrl must be set; for example: admin"]],
  },
  maasApiUrl: { good: [["", ""]], bad: text.bad },
  maasApiKey: {
    good: [["a:b:c", "a:b:c"]],
    bad: [
      ["a:b", "must be a MAAS API key"],
      ["a: b:c", "must be a MAAS API key"],
    ],
  },
  machines: {
    good: [...list.good, [["OpenStack-0"], ["OpenStack-0"]]],
    bad: [
      ...list.bad,
      [[], "is empty; at least one hostname is needed"],
      [undefined, "is empty; at least one hostname is needed"],
      [["a.b"], 'contains an invalid hostname: "a.b" (short names only)'],
      [["-a"], 'contains an invalid hostname: "-a"'],
      [["a\u001b[31m"], 'contains an invalid hostname: "a\\u001b[31m"'],
      [["a".repeat(64)], "contains an invalid hostname"],
    ],
  },
  backupRoot: {
    good: [
      [undefined, "~/backups"],
      ["/srv", "/srv"],
      ["/", "/"],
      ["~", "~"],
      ["~/a b", "~/a b"],
    ],
    bad: [
      ["", "is empty; for example: ~/backups"],
      ["~user/backups", "must be an absolute path or start with ~/; for example: ~/backups"],
      ["backups", "must be an absolute path or start with ~/"],
      ["./backups", "must be an absolute path or start with ~/"],
      ["../~/backups", "must be an absolute path or start with ~/"],
      ["$HOME/backups", "must be an absolute path or start with ~/"],
      ...text.bad,
    ],
  },
  backupLabel: {
    good: [
      [undefined, "pre-caracal-destroy"],
      ["a.b_c-1", "a.b_c-1"],
    ],
    bad: [
      ["../up", "must be a plain file name"],
      ["a/b", "must be a plain file name"],
      ["", "must be a plain file name"],
      [".hidden", "must be a plain file name"],
    ],
  },
  releaseComment: { good: [[undefined, "Caracal rebuild teardown"], ...text.good], bad: text.bad },
  erase: {
    good: [
      [undefined, "none"],
      ["disk", "disk"],
      ["quick", "quick"],
      ["secure", "secure"],
    ],
    bad: [
      ["no", "must be one of none, disk, quick, secure"],
      [true, "must be one of none, disk, quick, secure"],
    ],
  },
  stuckAfter: { good: [[undefined, 600_000], ...duration.good], bad: duration.bad },
  deadline: { good: duration.good, bad: duration.bad },
  protect: { ...flag, good: [[undefined, false], ...flag.good] },
  nextStep: { good: [[undefined, "02-deploy.md"], ...text.good], bad: text.bad },
  maasConcurrency: {
    good: [
      [undefined, 16],
      [1, 1],
      ["256", 256],
    ],
    bad: [
      [0, "must be at least 1"],
      ["257", "must be at most 256"],
      [1.5, "must be a whole number"],
      ["many", "must be a whole number"],
    ],
  },
  simulated: { ...flag, good: [[undefined, false], ...flag.good] },
  approved: {
    good: [
      [undefined, ""],
      ["", ""],
      ["AB".repeat(32), "ab".repeat(32)],
    ],
    bad: [
      ["ab", "must be the digest that `openstack-lab plan` prints"],
      ["g".repeat(64), "must be the digest"],
      [true, "must be the digest"],
    ],
  },
  requireApproval: { ...flag, good: [[undefined, false], ...flag.good] },
  approvedPlan: {
    good: [
      [undefined, ""],
      ["/srv/plan.json", "/srv/plan.json"],
      ["~/plan.json", "~/plan.json"],
    ],
    bad: [["plan.json", "must be an absolute path or start with ~/"]],
  },
  snapshotCommand: {
    good: [
      [undefined, []],
      ['["/bin/snap","a b"]', ["/bin/snap", "a b"]],
      [
        ["snap", 1],
        ["snap", "1"],
      ],
      [["~/snap"], ["~/snap"]],
    ],
    bad: [
      ["snap --all", "must be a list of words"],
      [["./snap"], "must begin with an absolute path"],
      [["bin/snap"], "must begin with an absolute path"],
      [["snap", ""], "contains an empty word"],
    ],
  },
  requireSnapshot: { ...flag, good: [[undefined, false], ...flag.good] },
  restoreHint: { good: [[undefined, ""], ...text.good], bad: text.bad },
};

describe("settings: each key", () => {
  for (const [key, { good, bad }] of Object.entries(cases) as [keyof typeof cases, Case][]) {
    it(`takes ${key} and refuses what is none`, () => {
      for (const [value, taken] of good) {
        expect(parseSettings({ ...least, [key]: value })[key], JSON.stringify(value)).to.deep.equal(taken);
      }
      for (const [value, said] of bad) {
        const problem = problemOf({ ...least, [key]: value });
        expect(problem, JSON.stringify(value)).to.include(`openstack-lab:${key} ${said}`);
        expect(problem).to.include(said).and.to.include("nothing was touched");
      }
    });
  }

  it("knows every key that there is", () => {
    const others = settingKeys.filter((key) => !isPermission(key));
    expect(others.sort()).to.deep.equal(Object.keys(cases).sort());
  });
});

describe("settings: together", () => {
  it("needs no more than the host, the user, the model, MAAS and the machines", () => {
    expect(parseSettings(least)).to.deep.include({ ...least, deadline: 3_600_000 });
  });

  it("gives an erase that takes hours a day, and keeps a deadline that is set", () => {
    const deadlines: [string, number][] = [
      ["none", 3_600_000],
      ["quick", 3_600_000],
      ["disk", 86_400_000],
      ["secure", 86_400_000],
    ];
    for (const [erase, deadline] of deadlines) {
      expect(parseSettings({ ...least, erase }).deadline, erase).to.equal(deadline);
      expect(parseSettings({ ...least, erase, deadline: "" }).deadline, erase).to.equal(deadline);
      expect(parseSettings({ ...least, erase, deadline: "5m" }).deadline, erase).to.equal(300_000);
    }
  });

  it("takes MAAS by its profile or by its URL with a key, and not by both or neither", () => {
    expect(parseSettings({ ...least, ...withUrl })).to.deep.include(withUrl);
    expect(problemOf({ ...least, ...withUrl, maasProfile: "admin" })).to.include(
      "maasProfile and maasApiUrl are both set; keep one of them",
    );
    expect(problemOf({ ...least, maasProfile: "" })).to.include("maasProfile or maasApiUrl must be set");
    const withoutKey = problemOf({ ...least, ...withUrl, maasApiKey: "" });
    expect(withoutKey).to.include("maasApiKey is not set, but maasApiUrl is");
    expect(withoutKey).to.include("pulumi config set --secret maasApiKey");
    expect(problemOf({ ...least, ...withUrl, maasApiUrl: "maas" })).to.include("maasApiUrl must be a URL");
  });

  it("refuses an API key that is not a secret, where it is known which keys are", () => {
    const raw = { ...least, ...withUrl };
    const secretKeys = new Set(["openstack-lab:maasApiKey"]);
    expect(parseSettings(raw, { secretKeys })).to.deep.equal(parseSettings(raw));
    const problem = problemOf(raw, (values) =>
      parseSettings(values, { secretKeys: new Set(["maasApiKey"]) }),
    );
    expect(problem.split("\n").slice(1)).to.deep.equal([
      "  openstack-lab:maasApiKey must be a secret; it is stored in plain text",
      "      pulumi config set --secret maasApiKey",
    ]);
    expect(parseSettings(least, { secretKeys: new Set() }).maasApiKey).to.equal("");
  });

  it("lists several problems at once, each once, each with how it is set", () => {
    expect(problemOf({ maasApiKey: "half", backupLabel: "a/b" }).split("\n")).to.deep.equal([
      "the stack's configuration has 7 problems; nothing was touched",
      "  openstack-lab:host is not set; for example: vopenstack-jesse",
      "      pulumi config set host <value>",
      "  openstack-lab:user is not set; for example: jessea123",
      "      pulumi config set user <value>",
      "  openstack-lab:jujuModel is not set; for example: openstack",
      "      pulumi config set jujuModel <value>",
      "  openstack-lab:backupLabel must be a plain file name: letters, digits, dots, dashes",
      "      pulumi config set backupLabel <value>",
      "  openstack-lab:machines is empty; at least one hostname is needed",
      "      pulumi config set --path 'machines[0]' <hostname>",
      "  openstack-lab:maasProfile or maasApiUrl must be set; for example: admin",
      "      pulumi config set maasProfile <value>",
      "  openstack-lab:maasApiKey must be a MAAS API key (three parts separated by colons)",
      "      pulumi config set --secret maasApiKey",
    ]);
  });

  it("names keys that it does not know, and how they are taken out", () => {
    const problem = problemOf({ ...least, hots: "x", mashines: [] });
    expect(problem).to.include(
      "openstack-lab:hots is not a setting of this project\n      pulumi config rm hots",
    );
    expect(problem).to.include("openstack-lab:mashines is not a setting of this project");
  });

  it("refuses a label that leaves the backup root", () => {
    const problem = problemOf({ ...least, backupLabel: "../../etc" });
    expect(problem).to.include("nothing was touched").and.to.include("must be a plain file name");
  });

  it("never repeats an API key that it refuses", () => {
    expect(problemOf({ ...least, maasApiKey: "my-secret:half" })).to.not.include("my-secret");
  });
});

describe("settings: the expected host", () => {
  const rows: [string, string, boolean][] = [
    ["vopenstack-jesse", "vopenstack-jesse", true],
    ["vopenstack-jesse", "VOpenStack-Jesse.maas", true],
    ["infra1.staging.example", "infra1", true],
    ["infra1.staging.example", "infra1.Staging.example.", true],
    ["infra1.staging.example", "infra1.prod.example", false],
    ["infra1.staging.example", "infra1.staging", false],
    ["infra1", "infra10", false],
    ["infra1", "infra10.example", false],
    ["infra1.example", "infra2", false],
    ["", "", false],
    ["", "infra1", false],
    [".", "infra1", false],
  ];
  for (const [expected, actual, same] of rows) {
    it(`${expected || "nothing"} is ${same ? "" : "not "}${actual || "nothing"}`, () => {
      expect(hostMatches(expected, actual)).to.equal(same);
      expect(hostMatches(actual, expected)).to.equal(same);
    });
  }
});

describe("settings: out of a whole configuration", () => {
  it("are those of our namespace, without it", () => {
    expect(
      ourKeys({ "openstack-lab:host": "a", "other:host": "b", "openstack-lab2:host": "c", host: "d" }),
    ).to.deep.equal({
      host: "a",
    });
  });
});
