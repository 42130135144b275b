import type { BundleApplication } from "../../juju/bundle.ts";
import type { Contents } from "../../juju/state.ts";
import type { Application, Unit } from "../../juju/workload.ts";
import { destroy } from "./asked.ts";
import {
  type RecordedLab,
  recordedStore,
  type Situation,
  storedControllers,
  storedWithoutCurrent,
} from "./recorded-lab.ts";
import type { Recording } from "./recordings.ts";

/** How a section of a recording is replayed. */
export type Replay = Situation & {
  /** The recording was made with a fresh client store for each command. */
  readonly freshStore?: boolean;
  /** Brings the controller into the recorded state before the first command. */
  readonly prepare?: (lab: RecordedLab) => Promise<void>;
  /** Commands that are not replayed, and why. */
  readonly leftOut?: readonly { readonly command: RegExp; readonly because: string }[];
  /** What depends on the recording's moment, or on what its server did not know; in YAML, JSON and tables alike. */
  readonly masks?: readonly (readonly [RegExp, string])[];
  /** Keys that the recording's server did not fill in as a controller does, wherever they stand in a command's answer. */
  readonly ignored?: { readonly command: RegExp; readonly keys: readonly string[] };
  /** What someone does before a command. */
  readonly before?: (recording: Recording, lab: RecordedLab) => Promise<void>;
};

/** Destroyed at 2026-05-20, and with two machines left half a year later: the third attempt has just failed. */
const dying: Replay = {
  now: "2026-05-20T09:12:33.123Z",
  model: {
    stuck: "forever",
    retryEvery: "1300h",
    course: [{ at: "1m", machines: ["0", "3"], dead: ["0"], applications: 0 }],
  },
  prepare: async (lab) => {
    await lab.run(destroy, lab.newStore(), { limit: 120_000 });
    await lab.clock.advance(Date.parse("2026-11-22T13:53:44Z") - lab.clock.now());
  },
};

const modelUuids = {
  controller: "deadbeef-0bad-400d-8000-4b1d0d06f00d",
  test: "0b2c0d17-d79a-4efb-8e06-899b71905086",
};

const application = (machine: string, more: Partial<BundleApplication> = {}): BundleApplication => ({
  charm: "",
  channel: "yoga/stable",
  revision: 7,
  num_units: 1,
  to: [machine],
  ...more,
});

/** Four applications, named like their charms, on these machines. */
const fourApplications = (
  machines: Readonly<Record<string, readonly string[]>>,
  more: Partial<BundleApplication>,
  unit: Partial<Unit>,
): Pick<Contents, "bundle" | "workload"> => {
  const names = Object.keys(machines);
  return {
    bundle: {
      base: "ubuntu@22.04/stable",
      relations: [],
      applications: Object.fromEntries(
        names.map((name) => [name, application(machines[name]?.[0] ?? "0", { ...more, charm: name })]),
      ),
    },
    workload: {
      containers: {},
      storage: {},
      applications: names.map((name) => ({
        name,
        charm: name,
        revision: 7,
        channel: "yoga/stable",
        version: "",
        status: { current: unit.waits ? "waiting" : "active", message: unit.message ?? "Unit is ready" },
        relations: {},
        subordinateTo: [],
        units: (machines[name] ?? []).map((machine, index) => ({
          name: `${name}/${index}`,
          machine,
          address: unit.waits ? "" : `10.12.8.2${machine}`,
          leader: false,
          message: "Unit is ready",
          subordinates: [],
          ...unit,
        })),
      })),
    },
  };
};

/** What the stand-in server of `cli-3.6.28-more.json` held. */
const more36 = ((): Contents => {
  const { bundle, workload } = fourApplications(
    { keystone: ["0"], "nova-compute": ["1"], "rabbitmq-server": ["2"], "mysql-router": ["0"] },
    { to: ["0"], options: { "admin-password": "geheim" }, bindings: {} },
    { versioned: false },
  );
  return {
    bundle,
    workload: { ...workload, containers: { "0": ["0/lxd/0"], "1": ["1/lxd/0"] } },
    machines: { constraints: "arch=amd64", hardware: "arch=amd64", knows: "addresses" },
  };
})();

/** What the real server of `cli-4.0.14-real-server.json` held: agents that never called. */
const real40 = ((): Contents => {
  const { bundle, workload } = fourApplications(
    { "mysql-router": ["4"], "nova-compute": ["1", "2"], "rabbitmq-server": ["3"], keystone: ["0"] },
    { bindings: { "": "alpha", "juju-info": "alpha", provides: "alpha", requires: "alpha" } },
    { waits: true, message: "waiting for machine" },
  );
  const related = (name: string, endpoint: string, other: string, of: Application): Application =>
    of.name === name
      ? { ...of, relations: { [endpoint]: [{ application: other, interface: "rel", scope: "global" }] } }
      : of;
  return {
    bundle,
    workload: {
      ...workload,
      applications: workload.applications
        .map((of) => related("keystone", "provides", "nova-compute", of))
        .map((of) => related("nova-compute", "requires", "keystone", of)),
    },
    machines: { cores: 0, constraints: "arch=amd64", hardware: "arch=amd64", knows: "nothing" },
  };
})();

/** Moments: a session of a minute, in which some things had just happened and others never had. */
const times: readonly (readonly [RegExp, string])[] = [
  [/\d\d \w{3} 20\d\d \d\d:\d\d:\d\dZ/g, "TIME"],
  [/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC/g, "TIME"],
  [/"?(just now|never connected|\d+ seconds ago|20\d\d-\d\d-\d\d)"?/g, '"TIME"'],
  [/\d\d:\d\d:\d\d/g, "CLOCK"],
  [/[0-9A-F]{2}(:[0-9A-F]{2}){31}/g, "FINGERPRINT"],
  [/"ca-cert":"[^"]*"/g, '"ca-cert":""'],
];

const helpTexts = { command: /^$|help/, because: "juju's own help, which the stand-in does not repeat" };

/** By file, then by the beginning of the heading; `""` = any heading. */
const situations: Readonly<Record<string, Readonly<Record<string, Replay>>>> = {
  "cli-3.6.28/alive.txt": { "": {} },
  "cli-3.6.28/alive-errors.txt": {
    "": {
      leftOut: [
        {
          command: /destroy-model controller /,
          because: "the recording's server destroyed openstack whatever model was named",
        },
      ],
      // In the recording the model was gone by then, see above.
      before: async (recording, lab) => {
        if (recording.argv.includes("--timeout")) await lab.run(destroy, lab.newStore());
      },
    },
  },
  "cli-3.6.28/alive-reads.txt": {
    "": { store: { "controllers.yaml": storedControllers("127.0.0.1:17406", "maas-lab") } },
  },
  "cli-3.6.28/apistorage.txt": { "": { model: { storage: "unlisted" } } },
  "cli-3.6.28/blocked.txt": { "": { model: { disabled: ["destroy-model"] } } },
  "cli-3.6.28/by-uuid.txt": { "": { freshStore: true } },
  "cli-3.6.28/connection-refused.txt": {
    "": {
      faults: [{ command: "*", kind: "silent", times: 9 }],
      leftOut: [{ command: /^whoami/, because: "recorded without its line `user:`, which all others have" }],
    },
  },
  "cli-3.6.28/denied.txt": { "": { controller: { access: "none" } } },
  "cli-3.6.28/destroydenied.txt": { "": { model: { access: "read" } } },
  "cli-3.6.28/dying.txt": { "": dying },
  "cli-3.6.28/empty.txt": { "": { exists: false, controller: { listsItself: false } } },
  "cli-3.6.28/export-bundle-empty.txt": {
    "": {
      contents: {
        bundle: { base: "ubuntu@22.04/stable", applications: {}, relations: [] },
        workload: { applications: [], containers: {}, storage: {} },
      },
    },
  },
  "cli-3.6.28/gone-stale-store.txt": { "": { exists: false } },
  "cli-3.6.28/gone.txt": { "": { exists: false } },
  "cli-3.6.28/login-and-context.txt": {
    "not logged in": { store: { "accounts.yaml": null } },
    "account without a password": {
      store: { "accounts.yaml": { controllers: { "maas-lab": { user: "admin" } } } },
    },
    "no current model": { store: { "models.yaml": storedWithoutCurrent } },
    "controllers registered but none current": {
      store: { "controllers.yaml": storedControllers("127.0.0.1:17999", "") },
    },
  },
  "cli-3.6.28-more.json": {
    "": {
      now: "2026-11-24T21:00:30Z",
      contents: more36,
      systemIds: ["s4a8ey", "akseqn", "mnb8gt"],
      controller: { since: "2026-05-20T09:12:33Z" },
      model: {
        summary: { machines: 0, cores: 0, units: 0 },
        reap: "8s",
        course: [
          { at: "2s", machines: 2, applications: 0 },
          { at: "4s", machines: 0 },
        ],
      },
      otherModels: [
        {
          name: "controller",
          uuid: "2d3c4b5a-1111-4111-8111-0000000000aa",
          isController: true,
          summary: { machines: 0, cores: 0, units: 0 },
        },
      ],
      store: {
        "controllers.yaml": storedControllers("127.0.0.1:38763", "maas-lab", {
          "controller-machine-count": 0,
          "active-controller-machine-count": 0,
          "machine-count": 0,
        }),
        "models.yaml": storedWithoutCurrent,
      },
      masks: [
        ...times,
        // This server told of support levels, and nothing of a model's users, machines and features.
        [/ +sla: unsupported\n +sla-owner: admin\n/g, ""],
        [/,"sla":"unsupported","sla-owner":"admin"/g, ""],
      ],
      ignored: {
        command: /^show-model/,
        keys: ["users", "machines", "supported-features", "validity-check"],
      },
      leftOut: [
        helpTexts,
        {
          command: /^show-controller( --format=json)?$/,
          because: "the recording's server lacked what it asks for",
        },
        { command: /^disabled-commands/, because: "the recording's server lacked what it asks for" },
        {
          command: /^models --user bob/,
          because: "the recording's server listed the same models for anybody",
        },
        { command: /^status -m openstack keystone/, because: "the recording's server ignored the filter" },
        { command: /--filename/, because: "the file's name was changed in the recording" },
        {
          command: /^destroy-model controller/,
          because: "the recording's server destroyed the controller's own model",
        },
        {
          command: /^remove-machine 0(\/lxd\/0)? -m \S+ --force( --no-prompt --dry-run)?$/,
          because: "the recording's server knew neither units nor containers there",
        },
      ],
      // As in the recording, the controller's own model is gone by then.
      before: async ({ argv }, lab) => {
        if (
          argv.join(" ") ===
          "destroy-model maas-lab:admin/nosuch --force --no-prompt --no-wait --destroy-storage"
        )
          lab.controller.control({ op: "remove-model", name: "controller" });
      },
    },
  },
  "cli-4.0.14-real-server.json": {
    "": {
      now: "2026-11-24T21:02:50Z",
      contents: real40,
      systemIds: ["s4a8ey", "akseqn", "mnb8gt"],
      controller: {
        version: "4.0.14",
        client: "4.0.14",
        uuid: "deadbeef-1bad-500d-9000-4b1d0d06f00d",
        since: "2026-11-24T21:02:50Z",
      },
      model: {
        pending: 2,
        summary: { machines: 5, cores: 0, units: 5 },
        reap: "2s",
        course: [{ at: "5ms", machines: 0, applications: 4 }],
      },
      otherModels: Object.entries(modelUuids).map(([name, uuid]) => ({
        name,
        uuid,
        owner: "prod",
        isController: true,
        cloud: { name: "dummy", region: "dummy-region", type: "" },
        summary: { machines: 0, cores: 0, units: 0 },
      })),
      faults: [
        {
          command: "destroy-model",
          kind: "poll-error",
          after: 7,
          text: 'model not found for uuid "7f5d2c1e-4b3a-4c9d-8e2f-9a8b7c6d5e4f"',
          times: 99,
        },
      ],
      store: {
        "controllers.yaml": storedControllers("localhost:42087", "maas-lab", {
          uuid: "deadbeef-1bad-500d-9000-4b1d0d06f00d",
          "agent-version": "4.0.14",
          "controller-machine-count": 0,
          "active-controller-machine-count": 0,
        }),
      },
      masks: times,
      leftOut: [helpTexts],
    },
  },
  "cli-3.6.28/polldrop.txt": { "": { faults: [{ command: "destroy-model", kind: "poll-drops" }] } },
  "cli-3.6.28/pollerr.txt": { "": { faults: [{ command: "destroy-model", kind: "poll-error", after: 1 }] } },
  "cli-3.6.28/storage.txt": { "": { model: { storage: true } } },
  "cli-3.6.28/summaryerr.txt": { "": { faults: [{ command: "models", kind: "rc0-lies", times: 2 }] } },
  "cli-3.6.28/unauth.txt": { "": { controller: { password: "another" } } },
  "no-controller-3.6.28.txt": {
    "": { store: Object.fromEntries(Object.keys(recordedStore).map((name) => [name, null])) },
  },
};

/**
 * How a section is replayed: as its file says, or, in a new file, as the file of the server scenario in its heading.
 * Undefined when nothing is known about it.
 */
export const situationOf = (file: string, title: string): Replay | undefined => {
  const [, server] = /^server scenario: (\w+)/.exec(title) ?? [];
  const known = situations[file] ?? situations[`cli-3.6.28/${server}.txt`];
  const [, replay] = Object.entries(known ?? {}).find(([heading]) => title.startsWith(heading)) ?? [];
  return replay && title.includes("fresh store per command") ? { ...replay, freshStore: true } : replay;
};

/** Files that hold nothing but stdout: the situation, and the command that printed them. */
export const outputs: Readonly<Record<string, { readonly argv: string; readonly replay: Replay }>> = {
  "machines-alive.yaml": { argv: "machines -m openstack --format=yaml", replay: {} },
  "machines-destroying.yaml": { argv: "machines -m openstack --format=yaml", replay: dying },
  "models-alive.json": { argv: "models --format=json", replay: {} },
  "models-alive.yaml": { argv: "models --format=yaml --exact-time", replay: {} },
  "models-destroying.yaml": { argv: "models --format=yaml", replay: dying },
  "models-empty.yaml": {
    argv: "models --format=yaml",
    replay: { exists: false, controller: { listsItself: false } },
  },
  "models-failed-rc1.yaml": { argv: "models --format=yaml", replay: { controller: { access: "none" } } },
  "models-gone.yaml": { argv: "models --format=yaml", replay: { exists: false } },
  "show-model.yaml": { argv: "show-model openstack", replay: {} },
  "status-alive.json": { argv: "status -m openstack --format=json", replay: {} },
  "status-alive.yaml": { argv: "status -m openstack --format=yaml", replay: {} },
  "status-destroying.yaml": { argv: "status -m openstack --format=yaml", replay: dying },
};
