import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { callLog } from "../../call-log.ts";
import { type ManualClock, manualClock } from "../../clock.ts";
import type { BundleApplication } from "../../juju/bundle.ts";
import { type Controller, createController } from "../../juju/controller.ts";
import {
  controllerSchema,
  type JujuFault,
  jujuFaultSchema,
  type ModelScenario,
  modelSchema,
} from "../../juju/scenario.ts";
import type { Contents } from "../../juju/state.ts";
import type { Unit } from "../../juju/workload.ts";
import type { MaasInventory } from "../../maas/inventory.ts";

/** Identities of the recorded controller and model; they are invented, see the recordings. */
const controllerUuid = "1c2b3a4d-0000-4000-8000-00000000c0de";
const controllerModelUuid = "2d3c4b5a-1111-4111-8111-0000000000aa";
export const modelUuid = "7f5d2c1e-4b3a-4c9d-8e2f-9a8b7c6d5e4f";
const since = "2026-05-20T09:12:33.123456789Z";
const systemIds = ["s4a8ey", "akseqn", "gp7xwc", "q8m3dt"];

const unit = (name: string, machine: string, address: string, more: Partial<Unit> = {}): Unit => ({
  name,
  machine,
  address,
  leader: name.endsWith("/0"),
  message: "Unit is ready",
  subordinates: [],
  ...more,
});

const deployedAs: Record<string, BundleApplication> = {
  keystone: { charm: "keystone", num_units: 1, to: ["lxd:0"] },
  "keystone-mysql-router": { charm: "mysql-router" },
  "ceph-osd": { charm: "ceph-osd", num_units: 2, to: ["0", "1"] },
};

/** The model of the recordings: four machines, three applications, two containers, one of them empty. */
export const recordedContents: Contents = {
  bundle: { base: "ubuntu@22.04/stable", applications: deployedAs, relations: [] },
  workload: {
    containers: { "0": ["0/lxd/0"], "1": ["1/lxd/0"] },
    storage: {
      storage: {
        "osd-devices/0": {
          kind: "block",
          life: "alive",
          status: { current: "attached", since: "20 May 2026 09:12:33Z" },
          persistent: false,
          attachments: {
            units: { "ceph-osd/0": { machine: "0", location: "/dev/vdb", life: "alive" } },
          },
        },
      },
    },
    applications: [
      {
        name: "keystone",
        charm: "keystone",
        revision: 737,
        channel: "yoga/stable",
        charmVersion: "3d1b5d5",
        version: "21.0.1",
        status: { current: "active", message: "Unit is ready" },
        relations: {
          cluster: [],
          "shared-db": [
            { application: "keystone-mysql-router", interface: "mysql-shared", scope: "container" },
          ],
        },
        subordinateTo: [],
        units: [
          unit("keystone/0", "0/lxd/0", "10.12.8.30", {
            ports: ["5000/tcp"],
            subordinates: [unit("keystone-mysql-router/0", "", "10.12.8.30")],
          }),
        ],
      },
      {
        name: "keystone-mysql-router",
        charm: "mysql-router",
        revision: 200,
        channel: "8.0/stable",
        version: "8.0.39",
        status: { current: "active", message: "Unit is ready" },
        relations: {
          "db-router": [],
          "shared-db": [{ application: "keystone", interface: "mysql-shared", scope: "container" }],
        },
        subordinateTo: ["keystone"],
        units: [],
      },
      {
        name: "ceph-osd",
        charm: "ceph-osd",
        revision: 634,
        channel: "quincy/stable",
        version: "17.2.7",
        status: { current: "blocked", message: "Missing relation: monitor" },
        relations: {},
        subordinateTo: [],
        units: [
          unit("ceph-osd/0", "0", "10.12.8.30", { message: "Unit is ready (1 OSD)" }),
          unit("ceph-osd/1", "1", "10.12.8.31", { message: "Unit is ready (1 OSD)" }),
        ],
      },
    ],
  },
};

/** How a recorded situation differs from the model being alive and well. */
export type Situation = {
  readonly controller?: Record<string, unknown>;
  readonly model?: Record<string, unknown> | undefined;
  /** False: the controller has no model but its own. */
  readonly exists?: boolean;
  readonly faults?: readonly Record<string, unknown>[];
  readonly contents?: Contents;
  /** Lab time when it starts, ISO. */
  readonly now?: string;
  /** The model's machines; default: the four of the recordings. */
  readonly systemIds?: readonly string[];
  /** Models beside it; one with `isController` is the controller's own. */
  readonly otherModels?: readonly Record<string, unknown>[];
  /** Files of the client's store, by name; null = no such file. */
  readonly store?: Readonly<Record<string, unknown>>;
  /** MAAS as the provider finds it; default: no machine is the model's. */
  readonly maas?: Partial<ProvidersMaas>;
  /** True: what the scenario says about applications, in place of the recorded model's. */
  readonly generated?: boolean;
};

export type ProvidersMaas = Pick<MaasInventory, "machinesOf" | "releaseByJuju" | "deleteByJuju">;

export type RunResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RecordedLab = {
  readonly clock: ManualClock;
  readonly controller: Controller;
  readonly scenario: ModelScenario;
  /** Calls made of MAAS by the provider. */
  readonly maasCalls: string[];
  /** A client's store as it was when the recording began, with files that differ. */
  readonly newStore: (files?: Situation["store"]) => string;
  /** Runs a command on lab time until it ends; `undefined` code when it has not after `limit` lab ms. */
  readonly run: (
    argv: readonly string[],
    store: string,
    options?: { limit?: number; env?: Record<string, string> },
  ) => Promise<Omit<RunResult, "code"> & { code: number | undefined }>;
};

/** The client's controllers.yaml: one controller, and whether it is the current one. */
export const storedControllers = (
  endpoint: string,
  current: string,
  details: Readonly<Record<string, unknown>> = {},
): unknown => ({
  controllers: {
    "maas-lab": {
      uuid: controllerUuid,
      "api-endpoints": [endpoint],
      "ca-cert": "a certificate\n",
      cloud: "maas-lab",
      region: "default",
      "agent-version": "3.6.28",
      "controller-machine-count": 1,
      "active-controller-machine-count": 1,
      "machine-count": 5,
      ...details,
    },
  },
  "current-controller": current,
});

const storedOpenstack = { "admin/openstack": { uuid: modelUuid, type: "iaas" } };

/** The client's models.yaml when it has never listed the models, and none is current. */
export const storedWithoutCurrent: unknown = { controllers: { "maas-lab": { models: storedOpenstack } } };

/** Most of the recordings' stores: logged in, the model known and current. */
export const recordedStore: Readonly<Record<string, unknown>> = {
  "controllers.yaml": storedControllers("127.0.0.1:17999", "maas-lab"),
  "accounts.yaml": {
    controllers: {
      "maas-lab": { user: "admin", password: "simulated", "last-known-access": "superuser" },
    },
  },
  "models.yaml": {
    controllers: {
      "maas-lab": {
        models: { "admin/controller": { uuid: controllerModelUuid, type: "iaas" }, ...storedOpenstack },
        "current-model": "admin/openstack",
      },
    },
  },
  "public-clouds.yaml": {},
};

const temporary: string[] = [];

/** Removes what the labs of a test wrote. */
export const cleanUp = (): void => {
  for (const directory of temporary.splice(0)) rmSync(directory, { recursive: true, force: true });
};

/** The reaping of the recordings: full at the first poll, two machines at the second, gone at the third. */
const recordedCourse = { reap: "60ms", course: [{ at: "20ms", machines: 2, applications: 0 }] };

/** A lab on a clock that stands still, in a recorded situation. */
export const recordedLab = (situation: Situation = {}): RecordedLab => {
  const clock = manualClock(Date.parse(situation.now ?? "2026-11-22T14:03:32Z"));
  const parsed = controllerSchema.parse({ since, modelUuid: controllerModelUuid, ...situation.controller });
  const controller = {
    ...parsed,
    uuid: parsed.uuid ?? controllerUuid,
    bootstrappedBy: parsed.bootstrappedBy ?? parsed.user,
  };
  const scenario = {
    ...modelSchema.parse({
      name: "openstack",
      summary: { machines: 6, cores: 64, units: 5 },
      ...recordedCourse,
      ...situation.model,
    }),
    uuid: modelUuid,
    owner: "admin",
  };
  const others = (situation.otherModels ?? []).map((model) => {
    const other = modelSchema.parse({ applications: 0, ...model });
    return { ...other, owner: other.owner ?? "admin", uuid: other.uuid ?? "" };
  });
  const machines = (situation.systemIds ?? systemIds).map((systemId, index) => ({
    hostname: `openstack${index}`,
    systemId,
    status: "Deployed",
    model: "openstack",
  }));
  const faults: JujuFault[] = (situation.faults ?? []).map((fault) =>
    jujuFaultSchema.parse({ side: "juju", ...fault }),
  );
  const maasCalls: string[] = [];
  const side = createController({
    clock,
    scenario: {
      controller: { ...controller, client: controller.client ?? controller.version },
      models: [...others, ...(situation.exists === false ? [] : [scenario])],
      machines,
      faults,
    },
    maas: {
      machinesOf: situation.maas?.machinesOf ?? (() => []),
      releaseByJuju: async (ids, comment) => {
        maasCalls.push(`release ${ids.join(" ")}`);
        return (await situation.maas?.releaseByJuju?.(ids, comment)) ?? { status: 200, text: "" };
      },
      deleteByJuju: async (id) => {
        maasCalls.push(`delete ${id}`);
        return (await situation.maas?.deleteByJuju?.(id)) ?? { status: 204, text: "" };
      },
    },
    log: callLog(),
    contents: situation.generated ? {} : { openstack: situation.contents ?? recordedContents },
  });
  const newStore: RecordedLab["newStore"] = (files) => {
    const directory = mkdtempSync(join(tmpdir(), "juju-store-"));
    temporary.push(directory);
    for (const [name, content] of Object.entries({ ...recordedStore, ...situation.store, ...files }))
      if (content !== null) writeFileSync(join(directory, name), stringify(content));
    return directory;
  };
  const run: RecordedLab["run"] = async (argv, store, { limit = 3_600_000, env = {} } = {}) => {
    const texts = { stdout: "", stderr: "" };
    const gone = new AbortController();
    const until = clock.now() + limit;
    let code: number | undefined;
    const running = side
      .run(
        { argv: [...argv], env: { JUJU_DATA: store, PWD: store, ...env }, tty: false },
        {
          stdout: (text) => {
            texts.stdout += text;
          },
          stderr: (text) => {
            texts.stderr += text;
          },
          signal: gone.signal,
        },
      )
      .then((exit) => {
        code = exit;
      });
    await clock.advance(0);
    for (let step = 5; code === undefined && clock.now() < until; step = Math.min(step * 1.1, 2000))
      await clock.advance(Math.min(step, until - clock.now()));
    const ended = code;
    gone.abort(new Error("the client is gone"));
    await running;
    return { ...texts, code: ended };
  };
  return { clock, controller: side, scenario, maasCalls, newStore, run };
};
