import type { MaasMachine } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import type { MachineRecord } from "./record.ts";
import type { Run } from "./run/run-directory.ts";

/**
 * What a machine is seen as, by its id. `vanished`: MAAS says to an administrator's key that it does not know the id. `invisible`:
 * whatever else is no sight of it; absence is never concluded from that.
 */
export type Seen = MaasMachine | "vanished" | "invisible";

/** Looks at one machine afresh, by its system_id. @throws TeardownError `maas` or `interrupted` */
export type Look = (systemId: string) => Promise<Seen>;

/** Makes the look of one operation. */
export const machineLook = (context: Context): Look => {
  let isAdmin: Promise<boolean> | undefined;
  return async (systemId) => {
    const maas = await context.maas();
    const look = await maas.lookAt(systemId);
    if (look.kind === "seen") return look.machine;
    if (look.kind === "forbidden") return "invisible";
    isAdmin ??= maas.whoami().then((who) => who.isAdmin);
    return (await isAdmin) ? "vanished" : "invisible";
  };
};

/**
 * Whether a machine was released since this run was opened: MAAS took our release, it was seen Ready, or MAAS says that it finished
 * somebody's release (Juju releases its machines too).
 */
export const wasReleased = async (context: Context, run: Run, machine: MachineRecord): Promise<boolean> => {
  const events = run.journal.events();
  const known = events.some(
    (each) =>
      (each.event === "machine-state" && each.systemId === machine.systemId && each.to === "Ready") ||
      (each.event === "release-answered" && each.systemId === machine.systemId && each.kind === "accepted"),
  );
  if (known) return true;
  const opened = events[0]?.at;
  if (opened === undefined) return false;
  const maas = await context.maas();
  return (await maas.releasedSince(machine, Date.parse(opened))) !== undefined;
};
