import { maasError } from "../../../teardown/clients/maas/errors.ts";
import {
  type MaasClient,
  type MaasErrorKind,
  type MaasMachine,
  type MachineFilter,
  machineStatuses,
  type ReleaseAnswer,
  statusName,
} from "../../../teardown/clients/maas.ts";
import { exchange, latency, type Reply, type WorldProcess } from "./process.ts";
import { turn, us, type World, type WorldMachine } from "./world.ts";
import { beginRelease } from "./world-machines.ts";

const url = "http://maas.test:5240/MAAS";
const fail = (kind: MaasErrorKind): never => {
  throw maasError(kind, `MAAS at ${url}: ${kind}`);
};

/** A machine as MAAS shows it. */
const shown = (machine: WorldMachine): MaasMachine => ({
  systemId: machine.systemId,
  hostname: machine.hostname,
  fqdn: `${machine.hostname}.maas`,
  status: machine.status,
  statusName: statusName(machine.status),
  statusMessage: "",
  powerState: machine.status === 6 ? "on" : "off",
  powerType: "ipmi",
  owner: machine.owner,
  ownerData: { ...machine.ownerData },
  locked: machine.locked,
  osystem: machine.osystem,
  errorDescription: machine.errorDescription,
  pod: null,
  ipAddresses: [],
  pool: "default",
  zone: "default",
});

const meets = (machine: WorldMachine, filter: MachineFilter): boolean =>
  (filter.systemIds?.includes(machine.systemId) ?? true) &&
  (filter.hostnames?.includes(machine.hostname) ?? true) &&
  (filter.agentName === undefined || filter.agentName === machine.agentName) &&
  (filter.statuses?.some((label) => machineStatuses[label].status === machine.status) ?? true);

// What the real client does before it gives up: attempts with pauses, or two whole limits (teardown/clients/maas/limits.ts).
const attempts = 6_000;
const twoLimits = 120_000;
const releaseLimit = 960_000;

/** MAAS as one process sees it: through a client that behaves as the real one, troubles and all. */
export const maasOf = (world: World, process: WorldProcess): MaasClient => {
  const { clock } = world;
  const { signal } = process.stopping;
  const trouble = () => (world.maas && clock.now() < world.maas.until ? world.maas : undefined);
  const interrupted = () => fail("interrupted");

  const read = <Value>(look: () => Value): Promise<Value> => {
    const answer = (reply: Reply<Value>) => {
      const value = look();
      reply(latency(world), () => value);
    };
    return exchange<Value>(
      world,
      process,
      signal,
      (reply) => {
        const wrong = trouble();
        if (!wrong) return answer(reply);
        if (wrong.trouble === "unauthorized") return reply(10, () => fail("unauthorized"));
        if (wrong.trouble === "hangs") {
          const left = wrong.until - clock.now();
          if (left > twoLimits) return reply(twoLimits, () => fail("timeout"));
          clock.after(left, () => answer(reply));
          return;
        }
        clock.after(attempts, () =>
          trouble()
            ? reply(0, () => fail(wrong.trouble === "fails" ? "server" : "unreachable"))
            : answer(reply),
        );
      },
      interrupted,
    );
  };

  const release = (systemId: string, reply: Reply<ReleaseAnswer>) => {
    const machine = world.machines.get(systemId);
    if (!machine) return reply(10, () => ({ kind: "refused", status: 404, reason: "No Machine matches" }));
    const begun = beginRelease(world, machine);
    const body = shown(machine);
    reply(begun.after, () => {
      const { kind, reason } = begun;
      if (kind === "accepted") return { kind, machine: body };
      if (kind === "refused") return { kind, status: begun.status, reason };
      return kind === "power-failed" ? { kind, status: 500, reason } : { kind, reason };
    });
  };

  return {
    url,
    version: () => read(() => ({ version: "3.6.5", simulated: false })),
    whoami: () => read(() => ({ username: us, isAdmin: true })),
    machine: (systemId) =>
      read(() => {
        const machine = world.machines.get(systemId);
        return machine && shown(machine);
      }),
    machines: (filter) =>
      read(() => [...world.machines.values()].filter((machine) => meets(machine, filter)).map(shown)),
    release: (systemId, options) => {
      process.before.release(systemId);
      turn(world, "posted", world.machines.get(systemId));
      const either = AbortSignal.any([signal, ...(options.signal ? [options.signal] : [])]);
      return exchange<ReleaseAnswer>(
        world,
        process,
        either,
        (reply, isOpen) => {
          const wrong = trouble();
          if (!wrong) return release(systemId, reply);
          if (wrong.trouble === "unauthorized") return reply(10, () => fail("unauthorized"));
          if (wrong.trouble === "fails")
            return reply(50, () => ({ kind: "unknown", reason: "502 from something in front of MAAS" }));
          const wait = wrong.trouble === "refuses" ? attempts : wrong.until - clock.now();
          if (wait > releaseLimit)
            return reply(releaseLimit, () => ({ kind: "unknown", reason: "no answer" }));
          clock.after(wait, () => {
            if (!isOpen()) return;
            if (trouble()?.trouble === "refuses") reply(0, () => fail("unreachable"));
            else release(systemId, reply);
          });
        },
        () => (signal.aborted ? interrupted() : { kind: "unknown", reason: "not waited for any longer" }),
      );
    },
    latestEvents: (hostname) =>
      read(() => [
        { level: "ERROR", type: "Power off failed", description: `of ${hostname}`, created: "2026-11-22" },
      ]),
    vmHosts: () => read(() => []),
    close: () => {},
    stats: () => ({ requests: 0, bytes: 0 }),
  };
};
