import {
  elementParser,
  eventsSchema,
  parseAnswer,
  parseList,
  versionSchema,
  vmHostsSchema,
  whoamiSchema,
} from "./maas/answers.ts";
import { isHtml, statusError } from "./maas/failures.ts";
import { filterPaths, type MachineFilter } from "./maas/filter.ts";
import { read, realSleep } from "./maas/http.ts";
import { defaultLimits, type MaasLimits } from "./maas/limits.ts";
import { type MaasMachine, machineSchema } from "./maas/machine.ts";
import { parseMaasKey } from "./maas/oauth.ts";
import { type EraseMode, type ReleaseAnswer, release } from "./maas/release.ts";
import { httpTransport, type Send } from "./maas/transport.ts";
import { normalizeMaasUrl } from "./maas/url.ts";
import type { Sleep, Wire } from "./maas/wire.ts";
import { remembered } from "./remembered.ts";

export { type MaasErrorKind, maasErrorKind } from "./maas/errors.ts";
export type { MachineFilter } from "./maas/filter.ts";
export type { MaasLimits } from "./maas/limits.ts";
export type { MaasMachine } from "./maas/machine.ts";
export type { EraseMode, ReleaseAnswer } from "./maas/release.ts";
export {
  type MachineStatus,
  machineStatuses,
  type ReleaseEffect,
  releaseEffect,
  type StatusLabel,
  statusName,
} from "./maas/status.ts";
export type { HttpAnswer, HttpAsk, HttpFailure, Send } from "./maas/transport.ts";
export { type Turns, turns } from "./maas/turns.ts";
export { normalizeMaasUrl } from "./maas/url.ts";
export type { Sleep } from "./maas/wire.ts";

export type MaasEvent = { level: string; type: string; description: string; created: string };

/**
 * All that this project does with MAAS. Every method throws `TeardownError` (`maas`, or `interrupted` once the client's signal is
 * aborted); {@link maasErrorKind} tells them apart.
 */
export type MaasClient = {
  /** The base URL, as `normalizeMaasUrl` writes it. */
  url: string;
  /** Asked for once. */
  version(): Promise<{ version: string; simulated: boolean }>;
  /** Also the probe for the API key: MAAS answers 401 here whatever is wrong with it. */
  whoami(): Promise<{ username: string; isAdmin: boolean }>;
  /** `undefined` when MAAS does not know the machine (any more). */
  machine(systemId: string): Promise<MaasMachine | undefined>;
  /**
   * The machines that meet every given condition, each once. Unknown names and ids are absent from the answer, and so are other
   * users' machines when the key is not an administrator's. An empty list of names or ids meets nothing; no condition at all is a defect.
   */
  machines(filter: MachineFilter): Promise<MaasMachine[]>;
  /** Blocks until MAAS answers, which it does after the power-off: minutes, at most `limits.release`. See {@link ReleaseAnswer}. */
  release(
    systemId: string,
    options: { comment: string; erase: EraseMode; signal?: AbortSignal },
  ): Promise<ReleaseAnswer>;
  /** The newest events of a machine, newest first, the levels from DEBUG on (status changes are logged there). */
  latestEvents(hostname: string, limit?: number): Promise<MaasEvent[]>;
  /** `[]` when there are none, or when this MAAS has no VM hosts any more. */
  vmHosts(): Promise<{ name: string; systemId: string | null }[]>;
  close(): void;
  /** Since the client was made: requests sent, retries included, and bytes of the bodies answered. */
  stats(): { requests: number; bytes: number };
};

export type MaasClientOptions = {
  url: string;
  apiKey: string;
  /** Replaces sockets, for tests. */
  send?: Send | undefined;
  /** PEM of a certificate authority for MAAS's own TLS certificate. */
  ca?: string | undefined;
  /** epoch in ms */
  now?: (() => number) | undefined;
  sleep?: Sleep | undefined;
  random?: (() => number) | undefined;
  /** Connections at a time: so many for reading, and as many again for releases, which hold theirs for minutes. Default 16. */
  concurrency?: number | undefined;
  limits?: Partial<MaasLimits> | undefined;
  /** Ends all waiting at once; what is under way then throws `interrupted`. */
  signal?: AbortSignal | undefined;
};

/**
 * A client of MAAS's HTTP API 2.0.
 * @throws TeardownError `config` when the URL or the key cannot be used
 * @example const maas = maasClient({ url: "http://maas:5240/MAAS", apiKey });
 */
export const maasClient = (options: MaasClientOptions): MaasClient => {
  const concurrency = options.concurrency ?? 16;
  const reading = httpTransport({ concurrency, keepAlive: true, ca: options.ca });
  // No keep-alive: a POST on a connection that MAAS is just closing would be lost, and nobody could tell whether it arrived.
  const releasing = httpTransport({ concurrency, keepAlive: false, ca: options.ca });
  const wire: Wire = {
    url: normalizeMaasUrl(options.url),
    key: parseMaasKey(options.apiKey),
    send: options.send ?? reading.send,
    limits: { ...defaultLimits, ...options.limits },
    signal: options.signal,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? realSleep,
    random: options.random ?? Math.random,
    counted: { requests: 0, bytes: 0 },
  };
  const releaseWire: Wire = { ...wire, send: options.send ?? releasing.send };

  const found = async (
    what: string,
    path: string,
    onElement?: (text: string) => unknown,
  ): ReturnType<typeof read> => {
    const answer = await read(wire, what, path, onElement);
    if (answer.status === 404) throw statusError(wire, what, answer);
    return answer;
  };

  return {
    url: wire.url,
    version: remembered(async () => {
      const what = "its version";
      return parseAnswer(wire, what, await found(what, "version/"), versionSchema);
    }),
    whoami: async () => {
      const what = "the user of the API key";
      return parseAnswer(wire, what, await found(what, "users/?op=whoami"), whoamiSchema);
    },
    machine: async (systemId) => {
      const what = `machine ${systemId}`;
      const answer = await read(wire, what, `machines/${encodeURIComponent(systemId)}/`);
      if (answer.status !== 404) return parseAnswer(wire, what, answer, machineSchema);
      // Any other 404 says that the URL is wrong, not that the machine is gone.
      if (/^No Machine matches/i.test(answer.body)) return undefined;
      throw statusError(wire, what, answer);
    },
    machines: async (filter) => {
      const what = "machines";
      const lists = await Promise.all(
        filterPaths(filter).map(async (path) =>
          parseList(wire, what, await found(what, path, elementParser(machineSchema)), machineSchema),
        ),
      );
      return [...new Map(lists.flat().map((machine) => [machine.systemId, machine])).values()];
    },
    release: (systemId, how) => release(releaseWire, systemId, how),
    latestEvents: async (hostname, limit = 10) => {
      const what = `the events of ${hostname}`;
      const query = new URLSearchParams({ op: "query", hostname, level: "DEBUG", limit: String(limit) });
      return parseAnswer(wire, what, await found(what, `events/?${query}`), eventsSchema);
    },
    vmHosts: async () => {
      const what = "its VM hosts";
      const answer = await read(wire, what, "vm-hosts/");
      // The endpoint went away with the VM hosts; a 404 from anything but MAAS says nothing.
      if (answer.status === 404 && isHtml(answer)) throw statusError(wire, what, answer);
      return answer.status === 404 ? [] : parseAnswer(wire, what, answer, vmHostsSchema);
    },
    close: () => {
      reading.close();
      releasing.close();
    },
    stats: () => ({ ...wire.counted }),
  };
};
