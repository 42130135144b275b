import { type MaasMachine, maasErrorKind } from "./clients/maas.ts";
import type { Context } from "./context.ts";
import type { Settled } from "./ready-poller.ts";

/** Looks at a machine afresh, by its system_id. @throws TeardownError `maas` or `interrupted` */
export type Look = (systemId: string) => Promise<Settled>;

// Whatever is wrong with a list, or with another machine on it, must not stop all of them.
const ofTheList = new Set(["bad-answer", "server", "timeout"]);

// Resources are read, and released, all at about the same moment: one list serves them. In ms.
const gathering = 25;

/** Makes a look that asks MAAS once for all machines that are looked at in the same moment. */
export const machineLooks = (context: Context): Look => {
  let next: { ids: Set<string>; answer: Promise<Map<string, MaasMachine>> } | undefined;

  const ask = async (ids: ReadonlySet<string>): Promise<Map<string, MaasMachine>> => {
    await context.clock.sleep(gathering);
    next = undefined;
    if (ids.size === 1) return new Map();
    const maas = await context.maas();
    const machines = await maas.machines({ systemIds: [...ids] }).catch((error: unknown) => {
      if (ofTheList.has(maasErrorKind(error) ?? "")) return [];
      throw error;
    });
    return new Map(machines.map((machine) => [machine.systemId, machine]));
  };
  return async (systemId) => {
    if (!next) {
      const ids = new Set<string>();
      next = { ids, answer: ask(ids) };
    }
    next.ids.add(systemId);
    const listed = (await next.answer).get(systemId);
    if (listed) return listed;
    // That a machine is not on a list proves nothing; MAAS must say itself that it knows none.
    const maas = await context.maas();
    return (await maas.machine(systemId)) ?? "vanished";
  };
};
