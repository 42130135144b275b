import { callLog } from "../../call-log.ts";
import { type ManualClock, manualClock } from "../../clock.ts";
import { oauthHeader } from "../../maas/cli/call.ts";
import { createMaas, type Maas } from "../../maas/maas.ts";
import type { Reply } from "../../maas/reply.ts";
import { resolveScenario, type ScenarioInput } from "../../scenario.ts";

/** A region under a clock that stands still, asked without sockets. */
export type SimulatedRegion = {
  readonly maas: Maas;
  readonly clock: ManualClock;
  /** Asks as a user (default: the administrator); a body is a form unless `type` says otherwise. */
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Reply>;
  /** The machine's JSON as the API shows it to the administrator. */
  readonly read: (hostname: string) => Promise<Record<string, unknown> | undefined>;
};

export type AskOptions = { user?: string; form?: string; json?: unknown; type?: string };

const keyParts = (maas: Maas, user: string): [string, string, string] => {
  const [consumer = "", token = "", secret = ""] = (maas.keyOfUser(user) ?? "").split(":");
  return [consumer, token, secret];
};

/** `{id}` in a path or form stands for the system_id of the machine whose hostname it is. */
const withIds = (maas: Maas, text: string): string =>
  text.replaceAll(
    /\{([\w-]+)\}/g,
    (_, hostname) =>
      maas.inventory.machines().find((machine) => machine.hostname === hostname)?.systemId ??
      `no-${hostname}`,
  );

/** Makes the region of a scenario, with nothing around it. */
export const simulatedRegion = (input: ScenarioInput): SimulatedRegion => {
  const clock = manualClock();
  const maas = createMaas({
    clock,
    scenario: resolveScenario({ models: [], ...input }),
    log: callLog(),
  });
  const ask: SimulatedRegion["ask"] = (method, path, { user = "admin", form, json, type } = {}) => {
    const body = json === undefined ? withIds(maas, form ?? "") : JSON.stringify(json);
    const contentType = json === undefined ? "application/x-www-form-urlencoded" : "application/json";
    return maas.handle({
      method,
      url: `/MAAS/api/2.0/${withIds(maas, path)}`,
      headers: {
        "content-type": type ?? contentType,
        ...(user === "" ? {} : { authorization: oauthHeader(keyParts(maas, user), Date.now) }),
      },
      body: Buffer.from(body),
    });
  };
  const read: SimulatedRegion["read"] = async (hostname) => {
    const { body } = await ask("GET", `machines/?hostname=${hostname}`);
    const list: Record<string, unknown>[] = JSON.parse(body);
    return list[0];
  };
  return { maas, clock, ask, read };
};

/** Whether a promise is still open after everything that can run has run. */
export const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  let open = true;
  void promise.then(
    () => {
      open = false;
    },
    () => {
      open = false;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return open;
};
