import {
  type MaasClient,
  type MaasMachine,
  type MachineFilter,
  machineStatuses,
  type ReleaseAnswer,
  statusName,
} from "../../../teardown/clients/maas.ts";
import { maasFailure } from "../../teardown/support/fakes.ts";
import { exchange, latency, type Reply, type WorldProcess } from "./process.ts";
import { turn, us, type World, type WorldMachine } from "./world.ts";
import { beginRelease } from "./world-machines.ts";

const url = "http://maas.test:5240/MAAS";
const fail = (code: Parameters<typeof maasFailure>[0]): never => {
  throw maasFailure(code);
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

// What the real client does before it gives up: attempts with pauses, or a call's whole limit (teardown/clients/maas/http.ts).
const attempts = 6_000;
const callLimit = 28_000;
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
          if (left > callLimit) return reply(callLimit, () => fail("timeout"));
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
    if (!machine)
      return reply(10, () => ({ kind: "refused", why: "absent", status: 404, reason: "No Machine matches" }));
    const begun = beginRelease(world, machine);
    const body = shown(machine);
    reply(begun.after, () => {
      const { kind, reason } = begun;
      if (kind === "accepted") return { kind, machine: body };
      if (kind === "refused") return { kind, why: begun.why, status: begun.status, reason };
      return kind === "power-failed" ? { kind, status: 500, reason } : { kind, why: "no-answer", reason };
    });
  };

  return {
    url,
    version: () => read(() => ({ version: "3.6.5", simulated: false })),
    whoami: () => read(() => ({ username: us, isAdmin: true })),
    lookAt: (systemId) =>
      read(() => {
        const machine = world.machines.get(systemId);
        return machine ? { kind: "seen", machine: shown(machine) } : { kind: "absent" };
      }),
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
            return reply(50, () => ({
              kind: "unknown",
              why: "proxy",
              reason: "502 from something in front of MAAS",
            }));
          const wait = wrong.trouble === "refuses" ? attempts : wrong.until - clock.now();
          if (wait > releaseLimit)
            return reply(releaseLimit, () => ({ kind: "unknown", why: "no-answer", reason: "no answer" }));
          clock.after(wait, () => {
            if (!isOpen()) return;
            if (trouble()?.trouble === "refuses") reply(0, () => fail("unreachable"));
            else release(systemId, reply);
          });
        },
        () =>
          signal.aborted
            ? interrupted()
            : { kind: "unknown", why: "stopped", reason: "no longer waited for" },
      );
    },
    latestEvents: (hostname) =>
      read(() => [
        {
          level: "ERROR",
          type: "Power off failed",
          description: `of ${hostname}`,
          created: "Sun, 22 Nov. 2026 13:50:44",
          systemId: "",
        },
      ]),
    releasedSince: ({ systemId }, since) =>
      read(() => {
        const { releasedAt } = world.machines.get(systemId) ?? {};
        return releasedAt !== undefined && releasedAt >= since ? releasedAt : undefined;
      }),
    vmHosts: () => read(() => []),
    close: () => {},
  };
};
