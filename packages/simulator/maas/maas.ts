import type { CallLog } from "../call-log.ts";
import type { Clock } from "../clock.ts";
import type { Scenario } from "../scenario.ts";
import { bulkRelease } from "./bulk-release.ts";
import { resumeErase } from "./erase.ts";
import type { MaasInventory, ProviderAnswer } from "./inventory.ts";
import { stopAll, viewOf } from "./machine.ts";
import { createAuthenticator } from "./oauth.ts";
import { createRegion, keyOf, type Region, type User } from "./region.ts";
import { resumeRelease } from "./release.ts";
import type { Reply } from "./reply.ts";
import type { HttpRequest } from "./request.ts";
import { createRoutes } from "./routes.ts";

/** The simulated MAAS. */
export type Maas = {
  readonly region: Region;
  /** The API. */
  readonly handle: (request: HttpRequest) => Promise<Reply>;
  /** What the Juju controller sees and does. */
  readonly inventory: MaasInventory;
  /** `consumer:token:secret` of a user; undefined for a user that MAAS does not have. */
  readonly keyOfUser: (name: string) => string | undefined;
};

/** Juju's cloud credential in the simulated lab is that of a MAAS administrator named juju. */
const juju: User = { name: "juju", superuser: true, consumer: "", token: "", secret: "" };

const inventoryOf = (region: Region, log: CallLog): MaasInventory => {
  const asJuju = async (
    what: string,
    detail: Record<string, unknown>,
    work: () => Promise<Reply>,
  ): Promise<ProviderAnswer> => {
    const call = log.begin({ side: "maas-api", what, detail: { user: "juju", ...detail } });
    if (region.awayUntil > region.clock.now()) {
      call.end("refused");
      return { status: 0, text: "dial tcp: connect: connection refused" };
    }
    const { status, body } = await work();
    call.end(`${status}`);
    return { status, text: body };
  };
  return {
    machines: () => [...region.machines.values()].map(viewOf),
    machine: (systemId) => {
      const machine = region.machines.get(systemId);
      return machine && viewOf(machine);
    },
    machinesOf: (agentName) =>
      [...region.machines.values()].filter((machine) => machine.agentName === agentName).map(viewOf),
    releaseByJuju: (systemIds, comment) =>
      asJuju("POST /MAAS/api/2.0/machines/?op=release", { machines: systemIds, comment }, () =>
        bulkRelease(region, juju, systemIds, comment),
      ),
    deleteByJuju: (systemId) =>
      asJuju(`DELETE /MAAS/api/2.0/machines/${systemId}/`, {}, async () => {
        const machine = region.machines.get(systemId);
        if (machine) stopAll(machine);
        const deleted = region.machines.delete(systemId);
        return {
          status: deleted ? 204 : 404,
          type: "text/plain",
          body: deleted ? "" : "No Machine matches the given query.",
          vary: null,
          hash: true,
        };
      }),
  };
};

/** Releases and erasures that the scenario says are under way go on when the lab begins. */
const resume = (region: Region): void => {
  for (const machine of region.machines.values()) {
    if (machine.status === "Releasing" && !machine.orphaned) resumeRelease(region, machine);
    if (machine.status === "Disk erasing" && machine.powerState === "on") resumeErase(region, machine);
  }
};

/** Makes the simulated MAAS of a scenario. `now` is real time, epoch ms, against which OAuth timestamps are checked. */
export const createMaas = ({
  clock,
  scenario,
  log,
  now = Date.now,
}: {
  clock: Clock;
  scenario: Scenario;
  log: CallLog;
  now?: () => number;
}): Maas => {
  const region = createRegion(clock, scenario);
  resume(region);
  return {
    region,
    handle: createRoutes(
      region,
      createAuthenticator(region, () => (now() + region.clockAhead) / 1000),
    ),
    inventory: inventoryOf(region, log),
    keyOfUser: (name) => {
      const user = region.users.find((candidate) => candidate.name === name);
      return user && keyOf(user);
    },
  };
};
