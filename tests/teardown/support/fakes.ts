import type { Host } from "../../../teardown/clients/host.ts";
import { jujuError } from "../../../teardown/clients/juju/errors.ts";
import { lookForModel } from "../../../teardown/clients/juju/presence.ts";
import type { JujuClient, JujuModel } from "../../../teardown/clients/juju.ts";
import {
  type MaasClient,
  MaasError,
  type MaasMachine,
  type MachineFilter,
  machineStatuses,
  statusName,
} from "../../../teardown/clients/maas.ts";
import { parseSettings, type Settings } from "../../../teardown/config/settings.ts";
import type { Clock, Context, Row } from "../../../teardown/context.ts";
import type { LabRecord, MachineRecord, ModelRecord } from "../../../teardown/record.ts";
import { memoryJournal } from "../../../teardown/run/journal.ts";
import type { Run } from "../../../teardown/run/run-directory.ts";

export const start: number = Date.parse("2026-11-22T14:00:00Z");
export const modelUuid = "11111111-1111-4111-8111-111111111111";
export const otherUuid = "22222222-2222-4222-8222-222222222222";
export const recordedModel: ModelRecord = {
  name: "admin/openstack",
  uuid: modelUuid,
  controller: "maas-lab",
  controllerUuid: "99999999-9999-4999-8999-999999999999",
};
export const recordedMachine = (more: Partial<MachineRecord> = {}): MachineRecord => ({
  hostname: "openstack0",
  systemId: "aaa000",
  owner: "admin",
  ...more,
});
export const recordedLab = (more: Partial<LabRecord> = {}): LabRecord => ({
  model: recordedModel,
  maasUrl: "http://maas:5240/MAAS",
  machines: [recordedMachine(), recordedMachine({ hostname: "openstack1", systemId: "bbb111" })],
  ...more,
});

/** A machine as MAAS shows it: deployed, ours, in the lab's model. `label` sets its status and its name. */
export const machine = (
  more: Partial<MaasMachine> = {},
  label?: keyof typeof machineStatuses,
): MaasMachine => {
  const status = label ? machineStatuses[label].status : 6;
  return {
    systemId: "aaa000",
    hostname: "openstack0",
    fqdn: "openstack0.maas",
    status,
    statusName: statusName(status),
    statusMessage: "",
    powerState: "on",
    powerType: "ipmi",
    owner: "admin",
    ownerData: { "juju-model-uuid": modelUuid },
    locked: false,
    osystem: "ubuntu",
    errorDescription: "",
    pod: null,
    ipAddresses: [],
    pool: "default",
    zone: "default",
    ...more,
  };
};
export const secondMachine = (
  more: Partial<MaasMachine> = {},
  label?: keyof typeof machineStatuses,
): MaasMachine =>
  machine({ systemId: "bbb111", hostname: "openstack1", fqdn: "openstack1.maas", ...more }, label);

/** A model as Juju shows it: the lab's, alive. */
export const model = (more: Partial<JujuModel> = {}): JujuModel => ({
  name: "admin/openstack",
  shortName: "openstack",
  uuid: modelUuid,
  controllerUuid: recordedModel.controllerUuid,
  controllerName: "maas-lab",
  isController: false,
  owner: "admin",
  cloud: "maas",
  credential: "admin/maas-key",
  access: "admin",
  life: "alive",
  status: "available",
  statusMessage: "",
  migration: undefined,
  agentVersion: "3.6.28",
  ...more,
});
export const controllerModel: JujuModel = model({
  name: "admin/controller",
  shortName: "controller",
  uuid: "33333333-3333-4333-8333-333333333333",
  isController: true,
});

export const settingsWith = (more: Record<string, unknown> = {}): Settings =>
  parseSettings({
    host: "vopenstack-jesse",
    user: "jessea123",
    jujuModel: "openstack",
    jujuController: "maas-lab",
    maasProfile: "admin",
    machines: ["openstack0", "openstack1"],
    ...more,
  });

const notExpected = (what: string) => (): never => {
  throw new Error(`${what} was not expected to be asked`);
};

/** A juju that shows these models, and does what the test says. Anything else is a failure of the test. */
export const fakeJuju = (models: JujuModel[], more: Partial<JujuClient> = {}): JujuClient => {
  const juju: JujuClient = {
    whoami: async () => ({ controller: "maas-lab", user: "admin" }),
    version: async () => "3.6.28",
    models: async () => ({ models, complaints: [] }),
    presence: async (asked) => {
      if (typeof asked === "string") return notExpected("presence without an identity")();
      const { controller, controllerUuid, modelUuid } = asked;
      return await lookForModel(modelUuid, controllerUuid, {
        models: (options) => juju.models(controller, options),
        showModel: () => juju.showModel(modelUuid),
      });
    },
    // What a server says of a model that is not there, and of one that this user may not see.
    showModel: async () => {
      throw jujuError("forbidden", "permission denied");
    },
    disabledCommands: async () => [],
    status: notExpected("status"),
    machines: async () => [],
    exportBundle: notExpected("export-bundle"),
    composeBundle: notExpected("the questions for a bundle"),
    statusYaml: notExpected("status --format=yaml"),
    modelsYaml: notExpected("models --format=yaml"),
    destroyModel: notExpected("destroy-model"),
    removeMachines: notExpected("remove-machine"),
    ...more,
  };
  return juju;
};

const meets = (each: MaasMachine, filter: MachineFilter): boolean =>
  (filter.systemIds?.includes(each.systemId) ?? true) &&
  (filter.hostnames?.includes(each.hostname) ?? true) &&
  (filter.statuses?.some((label) => machineStatuses[label].status === each.status) ?? true) &&
  (filter.agentName === undefined || each.ownerData["juju-model-uuid"] === filter.agentName);

const faults = {
  unauthorized: { code: "unauthorized", status: 401, why: "unknown-key" },
  timeout: { code: "timeout", reason: "no answer" },
  server: { code: "server", status: 503, said: "an empty body" },
  unreachable: { code: "unreachable", why: "not-connected", reason: "nothing listens" },
  "bad-answer": { code: "bad-answer", status: 200, said: "a page of HTML" },
  interrupted: { code: "interrupted", reason: "stopped" },
} as const;
/** An error of the MAAS client. */
export const maasFailure = (code: keyof typeof faults): MaasError =>
  new MaasError({ url: "http://maas:5240/MAAS", asked: { call: "machines" }, ...faults[code] });

/** A MAAS that has these machines: what the test changes in the list is seen at the next question. */
export const fakeMaas = (machines: MaasMachine[], more: Partial<MaasClient> = {}): MaasClient => ({
  url: "http://maas:5240/MAAS",
  version: async () => ({ version: "3.6.5", simulated: false }),
  whoami: async () => ({ username: "admin", isAdmin: true }),
  lookAt: async (systemId) => {
    const found = more.machine
      ? await more.machine(systemId)
      : machines.find((each) => each.systemId === systemId);
    return found ? { kind: "seen", machine: found } : { kind: "absent" };
  },
  machine: async (systemId) => machines.find((each) => each.systemId === systemId),
  machines: async (filter) => machines.filter((each) => meets(each, filter)),
  release: notExpected("a release"),
  latestEvents: async () => [],
  releasedSince: async () => undefined,
  vmHosts: async () => [],
  close: () => {},
  ...more,
});

export const host: Host = {
  hostname: "vopenstack-jesse",
  hostnames: ["vopenstack-jesse"],
  user: "jessea123",
  addresses: [],
  isThisHost: ({ hostname }) => hostname === "vopenstack-jesse",
};

/** A time in which every sleep ends at once, and the clock says that it took its time. */
export const quickClock = (): Clock & { slept: number[] } => {
  let time = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) return;
      slept.push(ms);
      time += ms;
    },
  };
};

export type Told = { tone: "status" | "info" | "warn"; text: string };
/** A row that keeps what it was told. */
export const keptRow = (): Row & { told: Told[] } => {
  const told: Told[] = [];
  const tell = (tone: Told["tone"]) => (text: string) => void told.push({ tone, text });
  return { told, status: tell("status"), info: tell("info"), warn: tell("warn") };
};

export const contextWith = (
  more: Partial<Omit<Context, "maas" | "settings">> & {
    maas?: MaasClient;
    settings?: Record<string, unknown>;
  } = {},
): Context => {
  const { maas = fakeMaas([machine(), secondMachine()]), settings = {}, ...rest } = more;
  return {
    juju: fakeJuju([controllerModel, model()]),
    host,
    clock: quickClock(),
    signal: new AbortController().signal,
    ...rest,
    settings: settingsWith(settings),
    maas: async () => maas,
  };
};

/** A run that lives in memory. */
export const memoryRun = (lab: LabRecord = recordedLab(), now: () => number = () => start): Run => ({
  directory: "/nowhere/run",
  lab,
  journal: memoryJournal(now),
  lock: "/nowhere/run/lock",
});

/** What a promise is rejected with: its code and its message. */
export const problemOf = async (
  work: Promise<unknown> | (() => unknown),
): Promise<{ code: string; message: string }> => {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof Error)
      return { code: "code" in error ? String(error.code) : "", message: error.message };
    throw error;
  }
  throw new Error("expected a problem, but there was none");
};
