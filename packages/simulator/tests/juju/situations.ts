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
  /** What someone does before a command. */
  readonly before?: (recording: Recording, lab: RecordedLab) => Promise<void>;
};

const destroy = ["destroy-model", "openstack", "--force", "--no-wait", "--destroy-storage", "--no-prompt"];

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
