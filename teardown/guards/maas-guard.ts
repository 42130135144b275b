import type { JujuModel } from "../clients/juju.ts";
import type { MaasClient, MaasMachine } from "../clients/maas.ts";
import { permit } from "../config/permissions.ts";
import type { Context } from "../context.ts";
import { machineLook, type Seen, wasReleased } from "../look.ts";
import { type LabRecord, systemIds } from "../record.ts";
import type { Finding } from "../run/event.ts";
import type { Run } from "../run/run-directory.ts";
import { note, ok, refused } from "./finding.ts";
import { judgeAbsent, judgeMachine, type MachineSurroundings, somebodyElses } from "./machine-guard.ts";

/** What the MAAS side answered. */
export type MaasView = {
  findings: Finding[];
  /** Undefined when MAAS could not be asked. */
  seen:
    | {
        byId: Map<string, MaasMachine>;
        /** What was not on the list, as a look by id shows it. */
        unlisted: Map<string, Seen>;
        /** Those that were released in this run and are in somebody else's use now. */
        changedHands: Set<string>;
        /** Only of those that are not among `byId`: what has their hostname now. */
        namesakes: Map<string, MaasMachine>;
        ofModel: MaasMachine[];
        vmHosts: Map<string, string>;
      }
    | undefined;
};

/** A real stack never runs against a simulated MAAS, nor the other way round. */
export const simulationFinding = (context: Context, simulated: boolean, url: string): Finding | undefined => {
  if (simulated === context.settings.simulated) return undefined;
  return simulated
    ? refused("maas", url, "is a simulated MAAS, and this stack is not a simulated lab", {
        expected: "the real MAAS",
        next: "point maasProfile or maasApiUrl at the real MAAS; only a stack for play says `simulated: true`",
      })
    : refused("maas", url, "is a real MAAS, and this stack says `simulated: true`", {
        expected: "a simulated MAAS",
        next: "start the simulated lab (make lab), or take `simulated` out of the stack's configuration",
      });
};

const vmHostsOf = async (maas: MaasClient): Promise<Map<string, string>> => {
  const hosts = await maas.vmHosts();
  return new Map(hosts.flatMap(({ name, systemId }) => (systemId ? [[systemId, name] as const] : [])));
};

/** Asks MAAS for everything that the guards judge, in as few requests as possible. */
export const lookAtMaas = async (
  context: Context,
  lab: LabRecord,
  run: Run | undefined,
): Promise<MaasView> => {
  let maas: MaasClient | undefined;
  try {
    maas = await context.maas();
    const client = maas;
    const [who, version, machines, ofModel, vmHosts] = await Promise.all([
      client.whoami(),
      client.version(),
      client.machines({ systemIds: systemIds(lab) }),
      lab.model ? client.machines({ agentName: lab.model.uuid }) : [],
      vmHostsOf(client),
    ]);
    const byId = new Map(machines.map((machine) => [machine.systemId, machine]));
    // That a machine is not on a list proves nothing: it is looked at by its id.
    const lookAt = machineLook(context);
    const absent = lab.machines.filter(({ systemId }) => !byId.has(systemId));
    const [namesakes, unlisted] = await Promise.all([
      client.machines({ hostnames: absent.map(({ hostname }) => hostname) }),
      Promise.all(absent.map(async ({ systemId }) => [systemId, await lookAt(systemId)] as const)),
    ]);
    const theirs = lab.machines.filter(({ systemId }) => {
      const seen = byId.get(systemId) ?? new Map(unlisted).get(systemId);
      return seen === "invisible" || (typeof seen === "object" && somebodyElses(seen, lab.model));
    });
    const released = await Promise.all(
      theirs.map(async (machine) =>
        run && (await wasReleased(context, run, machine)) ? [machine.systemId] : [],
      ),
    );
    const findings: Finding[] = [];
    const wrongKind = simulationFinding(context, version.simulated, client.url);
    findings.push(
      wrongKind ??
        ok("maas", client.url, `answers, as ${who.username}${who.isAdmin ? " (administrator)" : ""}`),
    );
    if (lab.maasUrl && client.url !== lab.maasUrl) {
      findings.push(
        refused("maas", client.url, "is another MAAS than the one recorded at `up`", {
          expected: lab.maasUrl,
          next: "correct maasProfile or maasApiUrl, or record this MAAS: pulumi up",
        }),
      );
    }
    return {
      findings,
      seen: {
        byId,
        unlisted: new Map(unlisted),
        changedHands: new Set(released.flat()),
        namesakes: new Map(namesakes.map((machine) => [machine.hostname, machine])),
        ofModel,
        vmHosts,
      },
    };
  } catch (error) {
    const [first = "", ...more] = (error as Error).message.split("\n");
    const next = more.join("\n").trim();
    return {
      findings: [
        refused("maas", maas?.url ?? (context.settings.maasProfile || context.settings.maasApiUrl), first, {
          expected: "MAAS answers",
          ...(next && { next }),
        }),
      ],
      seen: undefined,
    };
  }
};

/** Judges each recorded machine by what MAAS and Juju showed. */
export const machineFindings = (
  context: Context,
  lab: LabRecord,
  view: MaasView,
  models: JujuModel[] | undefined,
  claims: Pick<MachineSurroundings, "ofModel" | "begun" | "releaseUnclaimed">,
): Finding[] => {
  const { seen } = view;
  if (!seen) return [];
  const around: MachineSurroundings = {
    settings: context.settings,
    host: context.host,
    model: lab.model,
    liveModels: models && new Set(models.map(({ uuid }) => uuid)),
    vmHosts: seen.vmHosts,
    ...claims,
  };
  const absent = lab.machines
    .filter(({ systemId }) => !seen.byId.has(systemId))
    .map(({ systemId }) => systemId);
  return lab.machines.map((recorded) => {
    const machine = seen.byId.get(recorded.systemId);
    return machine
      ? judgeMachine(machine, recorded, around)
      : judgeAbsent(recorded, seen.namesakes.get(recorded.hostname), context.settings, absent);
  });
};

/** Juju destroys every machine of the model, listed here or not (juju.md 5): none may be a surprise. */
export const unlistedFindings = (
  context: Context,
  lab: LabRecord,
  ofModel: { hostname: string; systemId: string }[],
): Finding[] => {
  const { alsoDestroyed, machines } = context.settings;
  // A machine that was adopted and taken off the list since is as unlisted as one that never was on it.
  const recorded = new Set(
    lab.machines.filter(({ hostname }) => machines.includes(hostname)).map(({ systemId }) => systemId),
  );
  const unlisted = ofModel.filter(({ systemId }) => !recorded.has(systemId));
  const next = `move them out of the model, or allow it:\n${permit(
    context.settings,
    "alsoDestroyed",
    unlisted.map(({ systemId }) => systemId),
  )}`;
  return unlisted.map(({ hostname, systemId }) =>
    alsoDestroyed.includes(systemId)
      ? note(
          "unlisted",
          `${hostname} ${systemId}`,
          "belongs to the model and will be destroyed with it, as allowed by `alsoDestroyed`",
          { id: systemId },
        )
      : refused(
          "unlisted",
          `${hostname} ${systemId}`,
          "belongs to the model, and Juju would destroy it although it is not listed",
          {
            expected: "only listed machines in the model",
            next,
            id: systemId,
          },
        ),
  );
};

// Released versions with the defect of juju/juju#22691; the controller's and the model's version counts, not the client's.
const deletesVirtualMachines: Record<string, string> = { "3.6.24": "3.6.25", "4.0.12": "4.0.13" };
const isVirtual = (machine: MaasMachine) =>
  machine.pod !== null || ["lxd", "virsh"].includes(machine.powerType);

/** Juju 3.6.24 and 4.0.12 delete virtual machines from MAAS instead of releasing them (juju/juju#22691). */
export const deletionFindings = (
  context: Context,
  lab: LabRecord,
  view: MaasView,
  models: JujuModel[] | undefined,
): Finding[] => {
  const model = models?.find(({ uuid }) => uuid === lab.model?.uuid);
  const controller = models?.find(({ isController }) => isController);
  const version = [model?.agentVersion, controller?.agentVersion].find(
    (each) => each !== undefined && each in deletesVirtualMachines,
  );
  if (!model || !version || !view.seen) return [];
  const virtual = view.seen.ofModel.filter(isVirtual).map(({ hostname }) => hostname);
  if (virtual.length === 0)
    return [ok("juju version", version, "would delete virtual machines from MAAS; the model has none")];
  const found = `would delete ${virtual.join(", ")} from MAAS instead of releasing (juju/juju#22691)`;
  if (context.settings.acceptVmDeletion.includes(model.uuid))
    return [note("juju version", version, `${found}; accepted by \`acceptVmDeletion\``)];
  return [
    refused("juju version", version, found, {
      expected: "3.6.25 or 4.0.13 and later, or 3.6.23 or 4.0.11 and earlier",
      next: `upgrade to ${deletesVirtualMachines[version]} (juju upgrade-controller, juju upgrade-model), or accept it: ${permit(context.settings, "acceptVmDeletion", [model.uuid])}`,
    }),
  ];
};
