import { stringify } from "yaml";
import { jujuError } from "../../../teardown/clients/juju/errors.ts";
import { presenceIn } from "../../../teardown/clients/juju/presence.ts";
import type { DestroyAnswer, JujuClient, JujuErrorKind, JujuModel } from "../../../teardown/clients/juju.ts";
import { jujuErrorKind, jujuProblem } from "../../../teardown/clients/juju.ts";
import { destroyModelIn } from "./juju-destroy.ts";
import { exchange, latency, type Reply, type WorldProcess } from "./process.ts";
import type { JujuTrouble } from "./scenario.ts";
import { controllerModel, labModel, type World, type WorldModel } from "./world.ts";
import { takeRemoval } from "./world-models.ts";

const fail = (kind: JujuErrorKind, message: string = kind): never => {
  throw jujuError(kind, `juju: ${message}`);
};

const shown = (model: WorldModel): JujuModel => ({
  name: model.name,
  shortName: model.name.split("/").at(-1) ?? "",
  uuid: model.uuid,
  controllerUuid: "55555555-5555-4555-8555-555555555555",
  controllerName: "maas-lab",
  isController: model.isController,
  owner: "admin",
  cloud: "maas",
  credential: "admin/maas-key",
  access: "admin",
  life: model.life,
  status: model.suspended ? "suspended" : model.life === "alive" ? "available" : "destroying",
  statusMessage: model.suspended ? "credential not valid" : model.life === "alive" ? "" : "cleaning up",
  migration: undefined,
  agentVersion: "3.6.28",
});

/** How long the real client waits before it reports a trouble, and as what (juju.md 3, teardown/clients/juju/call.ts). */
const troubles: Record<JujuTrouble, { after: number; kind: JujuErrorKind } | undefined> = {
  unreachable: { after: 2_000, kind: "unreachable" },
  hangs: { after: 60_000, kind: "timeout" },
  fails: { after: 100, kind: "failed" },
  "logged-out": { after: 100, kind: "not-logged-in" },
  complains: undefined,
  hides: undefined,
};

/** The juju command as one process uses it. */
export const jujuOf = (world: World, process: WorldProcess): JujuClient => {
  const { signal } = process.stopping;
  const trouble = () => (world.juju && world.clock.now() < world.juju.until ? world.juju.trouble : undefined);

  const call = <Value>(look: () => Value): Promise<Value> =>
    exchange(
      world,
      process,
      signal,
      (reply: Reply<Value>) => {
        const now = trouble();
        const wrong = now && troubles[now];
        if (wrong) return reply(wrong.after, () => fail(wrong.kind));
        try {
          const value = look();
          reply(latency(world), () => value);
        } catch (error) {
          reply(latency(world), () => {
            throw error;
          });
        }
      },
      () => fail("interrupted"),
    );

  const named = (address: string): WorldModel => {
    const name = address.split(":").at(-1);
    const model = [...world.models.values()].find((each) => each.uuid === address || each.name === name);
    return model ?? fail("not-found", `model ${address} not found`);
  };
  const list = () => {
    const all = [...world.models.values()].map(shown);
    const others = all.filter(({ uuid }) => uuid !== labModel);
    const now = trouble();
    if (now === "complains")
      return { models: others, complaints: ['getting model "openstack" status: settings not found'] };
    if (now === "hides")
      return { models: others.filter(({ uuid }) => uuid !== controllerModel), complaints: [] };
    // Once, and only while it really is on its way out: the next list comes later.
    if (world.flickers > 0 && world.models.get(labModel)?.life !== "alive") {
      world.flickers -= 1;
      return { models: others, complaints: [] };
    }
    return { models: all, complaints: [] };
  };
  const machinesOf = (model: WorldModel) =>
    [...model.machines].map(([id, instanceId]) => ({
      id,
      instanceId,
      hostname: world.hostnames.get(instanceId) ?? "",
      displayName: "",
      containers: [],
    }));
  const applicationsOf = (model: WorldModel) =>
    Object.fromEntries(
      Array.from({ length: model.applications }, (_, at) => [`app${at}`, { charm: "keystone" }]),
    );
  const statusText = (address: string) => {
    const model = named(address);
    return stringify({ model: { name: model.name.split("/").at(-1) }, applications: applicationsOf(model) });
  };

  return {
    whoami: async () => ({ controller: "maas-lab", user: "admin" }),
    version: async () => "3.6.28",
    models: () => call(list),
    presence: async (model, modelUuid = "") => {
      try {
        const uuid = typeof model === "string" ? modelUuid : model.modelUuid;
        const seen = await call(list);
        const controllerUuid = typeof model === "string" ? undefined : model.controllerUuid;
        return { ...presenceIn(uuid, seen, controllerUuid), models: seen.models };
      } catch (error) {
        const kind = jujuErrorKind(error) ?? "failed";
        if (!["unreachable", "timeout", "failed", "bad-answer"].includes(kind)) throw error;
        const problem = jujuProblem(error);
        const isAway = problem && (kind === "unreachable" || kind === "timeout");
        return {
          state: "unclear",
          why: kind,
          ...(isAway && { reasons: [{ code: "unreachable", problem }] }),
        };
      }
    },
    status: (address) =>
      call(() => {
        const model = named(address);
        return { applications: model.applications, units: 0, machines: machinesOf(model), raw: "" };
      }),
    showModel: (uuid) => call(() => ({ ...shown(named(uuid)), users: [] })),
    disabledCommands: () => call(() => (world.blocked ? [{ set: "destroy-model", message: "" }] : [])),
    composeBundle: () => call(() => fail("unsupported")),
    machines: (uuid) => call(() => machinesOf(named(uuid))),
    exportBundle: (address) =>
      call(() => {
        const model = named(address);
        if (model.applications === 0)
          fail("nothing-to-export", "nothing to export as there are no applications");
        return stringify({ applications: applicationsOf(model) });
      }),
    statusYaml: (address) => call(() => statusText(address)),
    modelsYaml: () =>
      call(() =>
        stringify({ models: list().models.map(({ name, uuid }) => ({ name, "model-uuid": uuid })) }),
      ),
    destroyModel: (uuid, options): Promise<DestroyAnswer> => {
      process.before.destroyModel(uuid);
      return destroyModelIn({ world, process, uuid, options, isTroubled: () => trouble() });
    },
    removeMachines: (uuid, ids) => {
      process.before.removeMachines(uuid, ids);
      return call(() => ({ removed: takeRemoval(world, named(uuid), ids), complaints: [] }));
    },
  };
};
