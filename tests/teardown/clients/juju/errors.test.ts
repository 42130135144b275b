import { expect } from "chai";
import {
  type JujuProblem,
  meaningOf,
  plainText,
  sayProblem,
  withoutNoise,
} from "../../../../teardown/clients/juju/errors.ts";
import { openstack } from "../support/juju.ts";
import { recordedJuju } from "../support/recordings.ts";

const v36 = "cli-3.6.28-more.json";
const v40 = "cli-4.0.14-real-server.json";
const recorded = (file: string, command: string): string => recordedJuju(file, command).stderr;

// Source: recorded, or the server's and the client's source where no recording has it.
const rows: [string, Record<string, string>][] = [
  [recorded("cli-3.6.28/unauth.txt", "models"), { kind: "unauthorized" }],
  [recorded("cli-3.6.28/denied.txt", "models"), { kind: "forbidden" }],
  [recorded("cli-3.6.28/destroydenied.txt", "destroy-model"), { kind: "forbidden" }],
  [
    recorded("cli-3.6.28/login-and-context.txt", "models --format=yaml"),
    { kind: "not-logged-in", controller: "maas-lab" },
  ],
  [
    recorded("cli-3.6.28/login-and-context.txt", "status -m openstack"),
    { kind: "not-logged-in", controller: "maas-lab" },
  ],
  [
    recorded("cli-3.6.28/alive-errors.txt", "models -c nosuchctl"),
    { kind: "no-controller", controller: "nosuchctl" },
  ],
  [recorded("no-controller-3.6.28.txt", "models --format=yaml"), { kind: "no-controller" }],
  [recorded("cli-3.6.28/gone.txt", "machines"), { kind: "not-found", model: "maas-lab:admin/openstack" }],
  [recorded("cli-3.6.28/gone-stale-store.txt", "machines"), { kind: "not-found", model: "openstack" }],
  [recorded("cli-3.6.28/gone-stale-store.txt", "destroy-model"), { kind: "not-found" }],
  [`ERROR getting model status: model "${openstack}" not found\n`, { kind: "not-found", model: openstack }],
  [
    recorded(v40, "destroy-model openstack --force --no-wait --destroy-storage --no-prompt --no-b"),
    { kind: "not-found", model: openstack },
  ],
  ["ERROR getting model status: model x1 has been removed\n", { kind: "not-found", model: "x1" }],
  ["ERROR model not found, it may have been destroyed during this operation\n", { kind: "not-found" }],
  [recorded(v40, "status -m nosuch"), { kind: "not-found", model: "maas-lab:nosuch" }],
  [recorded(v36, "show-model nosuch"), { kind: "not-found", model: "maas-lab:admin/nosuch" }],
  [
    recorded(v40, "export-bundle -m openstack"),
    { kind: "unsupported", text: "Juju 4.0 doesn't support exporting bundles (not implemented)" },
  ],
  [recorded(v40, "nosuchcommand"), { kind: "unsupported", text: '"nosuchcommand" is not a juju command' }],
  ['ERROR unknown facade type "Bundle"\n', { kind: "unsupported", text: 'unknown facade type "Bundle"' }],
  [
    recorded(v36, "disabled-commands"),
    { kind: "unsupported", text: "unknown facade method Block.List (not implemented)" },
  ],
  [recorded("cli-3.6.28/export-bundle-empty.txt", "export-bundle"), { kind: "nothing-to-export" }],
  [
    recorded("cli-3.6.28/blocked.txt", "destroy-model"),
    { kind: "disabled", text: "the operation has been blocked" },
  ],
  ["Destroying model\nERROR cannot destroy model: hands off\n", { kind: "failed", text: "hands off" }],
  [
    "please enter password for admin on maas-lab: ERROR EOF\n",
    { kind: "login-expired", user: "admin", controller: "maas-lab" },
  ],
  ['ERROR cannot get discharge from "https://idp.example/auth": EOF\n', { kind: "login-expired" }],
  [recorded("cli-3.6.28/storage.txt", "destroy-model"), { kind: "storage" }],
  [recorded("cli-3.6.28/apistorage.txt", "destroy-model"), { kind: "storage" }],
  [recorded("cli-3.6.28/connection-refused.txt", "models --format=yaml"), { kind: "unreachable" }],
  ["ERROR the moon is full\n", { kind: "failed" }],
  ["", { kind: "failed" }],
];

const switchHint = 'Use "juju switch" to select one of the following models:';
const harmless = [
  "Since Juju 3 is being run for the first time, it has downloaded the latest public cloud information.",
  'ERROR Get "https://streams.canonical.com/juju/public-clouds.syaml": dial tcp 127.0.0.1:9: connect: connection refused',
  "WARNING: cgroup v2 is not fully supported yet, proceeding with partial confinement",
  "update.go:85: cannot change mount namespace according to change mount (/var/lib/snapd/hostfs/usr/share /usr/share none bind,ro 0 0): permission denied",
  "bash: warning: setlocale: LC_ALL: cannot change locale (en_US.UTF-8)",
  "/bin/sh: warning: setlocale: LC_ALL: cannot change locale (de_CH.UTF-8)",
  "WARNING cannot read current model: current model for controller maas-lab not found",
  `WARNING cannot read current model: No selected model.\n\n${switchHint}\n\n  - maas-lab:admin/openstack\n`,
  'WARNING: "list-models" is deprecated, please use "models"',
  "21:03:05 INFO  juju.cmd supercommand.go:57 running juju [4.0.14  gc go1.26.8]",
];

const harmful = [
  'getting model "openstack" status: settings not found',
  "WARNING something new",
  "update.go:85: something new",
  "  - maas-lab:admin/openstack",
  "ERROR permission denied",
];

describe("Juju client: what juju's words mean", () => {
  for (const [stderr, meaning] of rows)
    it(`reads ${JSON.stringify(stderr.trim().split("\n")[0])} as ${meaning.kind}`, () =>
      expect(meaningOf(stderr)).to.deep.equal(meaning));

  it("reads the same behind a snap's and a shell's noise", () => {
    const before = `${harmless.join("\n")}\n`;
    for (const [stderr, meaning] of rows) expect(meaningOf(before + stderr)).to.deep.equal(meaning);
  });

  it("takes harmless lines for noise, alone or together", () => {
    for (const line of harmless) expect(withoutNoise(`${line}\n`), line).to.deep.equal([]);
    expect(withoutNoise(`${harmless.join("\n")}\n`)).to.deep.equal([]);
    const { stderr } = recordedJuju(v36, "destroy-model controller");
    expect(withoutNoise(stderr)).to.deep.equal([
      "Destroying model",
      "Waiting for model to be removed............",
      "Model destroyed.",
    ]);
  });

  it("keeps each line that may stand for a model left out", () => {
    for (const line of harmful)
      expect(withoutNoise([...harmless, line, ...harmless].join("\n")), line).to.deep.equal([line.trim()]);
  });

  it("takes terminal escapes and control characters out of a text", () => {
    expect(plainText("\u001b[31mred\u001b[0m \u001b]0;title\u0007a\u0007b\rc\td\nÜ\u009b2J")).to.equal(
      "red abc\td\nÜ",
    );
    expect(withoutNoise("\u001b[2Jgone\r\n")).to.deep.equal(["gone"]);
  });
});

describe("Juju client: words for the operator", () => {
  const problem = (more: Partial<JujuProblem>): JujuProblem => ({
    kind: "failed",
    command: "juju models",
    said: [],
    ...more,
  });

  it("say what was found and the next command", () => {
    const cases: [Partial<JujuProblem>, RegExp][] = [
      [{ kind: "login-expired", controller: "maas-lab" }, /has expired\nTry: juju login -c maas-lab$/],
      [{ kind: "not-logged-in" }, /nobody is logged in.*\nTry: juju login$/],
      [
        { kind: "disabled", model: "m1", text: "hands off" },
        /hands off\nTry: .*enable-command destroy-model -m m1$/,
      ],
      [{ kind: "missing-binary", text: "There is no juju client to run" }, /sudo snap install juju$/],
      [{ kind: "forbidden", said: ["ERROR permission denied"] }, /permission denied\nTry: .*juju grant/],
      [{ kind: "failed", exitCode: 1 }, /^`juju models` failed \(exit code 1\) \(nothing on stderr\)$/],
      [
        { kind: "failed", exitCode: 2, said: ["ERROR a", "b"] },
        /^`juju models` failed \(exit code 2\)\n {2}ERROR a\n {2}b$/,
      ],
    ];
    for (const [more, words] of cases) expect(sayProblem(problem(more))).to.match(words);
  });

  it("never name a command that is as silent as the controller", () => {
    for (const kind of ["unreachable", "timeout"] as const) {
      const [, next = ""] = sayProblem(problem({ kind, limit: 30_000 })).split("\nTry: ");
      const [command = ""] = next.split("   #");
      // It reads local files only.
      expect(command).to.equal("juju controllers --format=yaml");
      expect(next).to.contain("nc -zvw5");
    }
  });

  it("are not drowned by a long text", () => {
    expect(sayProblem(problem({ said: ["x".repeat(5000)] })).length).to.be.below(600);
  });
});
