import type { MaasMachine } from "../clients/maas.ts";
import type { Context } from "../teardown/context.ts";

// A refresh reads each resource by itself, all at about the same moment: one list serves them.
const gathering = 10;
let waiting: { ids: Set<string>; answer: Promise<Map<string, MaasMachine>> } | undefined;

/** Looks at one machine by its recorded system_id, together with all others that are looked at now. */
export const lookAtMachine = async (context: Context, systemId: string): Promise<MaasMachine | undefined> => {
  if (!waiting) {
    const ids = new Set<string>();
    const answer = new Promise((resolve) => setTimeout(resolve, gathering)).then(async () => {
      waiting = undefined;
      const maas = await context.maas();
      return new Map(
        (await maas.machines({ systemIds: [...ids] })).map((machine) => [machine.systemId, machine]),
      );
    });
    waiting = { ids, answer };
  }
  waiting.ids.add(systemId);
  return (await waiting.answer).get(systemId);
};
