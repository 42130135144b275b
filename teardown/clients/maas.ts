import { TeardownError } from "../errors.ts";
import {
  eventsSchema,
  type MaasEvent,
  type MaasMachine,
  machineSchema,
  parseAnswer,
  versionSchema,
  vmHostsSchema,
  whoamiSchema,
} from "./maas/answers.ts";
import { type Asked, isHtml, MaasError, maasError, meaningOf } from "./maas/errors.ts";
import { openWire, questionOf, read, type WireOptions } from "./maas/http.ts";
import { type EraseMode, type ReleaseAnswer, release } from "./maas/release.ts";
import type { StatusLabel } from "./maas/statuses.ts";
import { remembered } from "./remembered.ts";

export { normalizeMaasUrl } from "./maas/access.ts";
export type { MaasEvent, MaasMachine } from "./maas/answers.ts";
export { awayReason, MaasError, type MaasErrorKind, type MaasFault, maasErrorKind } from "./maas/errors.ts";
export { type MaasLimits, type Turns, turns } from "./maas/http.ts";
export {
  type EraseMode,
  failureAnswered,
  failureShown,
  type RefusalWhy,
  type ReleaseAnswer,
  type ReleaseFailure,
  type UnknownWhy,
} from "./maas/release.ts";
export {
  effectOfStatus,
  type MachineStatus,
  machineStatuses,
  type ReleaseEffect,
  releaseEffect,
  type StatusLabel,
  statusName,
} from "./maas/statuses.ts";

/** All given conditions must be met; the entries of one list are alternatives. Hostnames are short names: MAAS does not match an FQDN. */
export type MachineFilter = {
  hostnames?: string[];
  systemIds?: string[];
  /** What Juju sets to the model's UUID; MAAS clears it at release and never shows it. */
  agentName?: string;
  statuses?: StatusLabel[];
};

/** `absent`: MAAS itself does not know the id (any more). `forbidden`: it is there, but this API key may not see it. */
export type MachineLook = { kind: "seen"; machine: MaasMachine } | { kind: "absent" } | { kind: "forbidden" };

/**
 * All that this project does with MAAS. Every method throws `MaasError`, whose `fault` says what is wrong: `unreachable`, `server` or
 * `timeout` when MAAS is away, `interrupted` once the client's signal is aborted.
 *
 * The worst case of each call but `release` is 28 s (`limits.call`), with all attempts, pauses and waiting for other calls: two
 * in a row still end within a minute. Where nothing listens it is 8 s, with a key that MAAS does not take one answer.
 */
export type MaasClient = {
  /** The base URL, as `normalizeMaasUrl` writes it. */
  url: string;
  /** Asked for once; after a failure again. At most 28 s. */
  version(): Promise<{ version: string; simulated: boolean }>;
  /** Also the probe for the API key: MAAS answers 401 here whatever is wrong with it. At most 28 s. */
  whoami(): Promise<{ username: string; isAdmin: boolean }>;
  /** Looks at one machine by its id. At most 28 s. */
  lookAt(systemId: string): Promise<MachineLook>;
  /** `undefined` when MAAS does not know the machine (any more); throws when it is forbidden. At most 28 s. */
  machine(systemId: string): Promise<MaasMachine | undefined>;
  /**
   * The machines that meet every given condition, each once. Unknown names and ids are absent from the answer, and so are other
   * users' machines when the key is not an administrator's. An empty list of names or ids meets nothing; no condition at all is
   * an internal error. At most 28 s, over however many requests: they are sent at the same time.
   */
  machines(filter: MachineFilter): Promise<MaasMachine[]>;
  /**
   * Blocks until MAAS answers, which it does after the power-off: minutes, at most 16 of them (`limits.release`), then `unknown`.
   * When MAAS is away before the request is sent: at most 58 s, 8 s where nothing listens. Waiting for a turn
   * is not counted.
   */
  release(
    systemId: string,
    options: { comment: string; erase: EraseMode; signal?: AbortSignal },
  ): Promise<ReleaseAnswer>;
  /** The newest events of a machine, newest first, the levels from DEBUG on (status changes are logged there). At most 28 s. */
  latestEvents(hostname: string, limit?: number): Promise<MaasEvent[]>;
  /**
   * When MAAS finished the newest release of this machine, if that was not before `since`. Both times are this host's, epoch in ms,
   * corrected by MAAS's clock, to the second. At most 28 s.
   */
  releasedSince(machine: { hostname: string; systemId: string }, since: number): Promise<number | undefined>;
  /** `[]` when there are none, or when this MAAS has no VM hosts any more. At most 28 s. */
  vmHosts(): Promise<{ name: string; systemId: string | null }[]>;
  close(): void;
};

export type MaasClientOptions = WireOptions;

const chunks = (list: string[] | undefined, size: number): (string[] | undefined)[] => {
  if (list === undefined) return [undefined];
  const unique = [...new Set(list)];
  return Array.from({ length: Math.ceil(unique.length / size) }, (_, index) =>
    unique.slice(index * size, (index + 1) * size),
  );
};

/**
 * The requests that answer a filter; none when a list of it is empty, since nothing can meet that.
 * @throws TeardownError `unexpected` for a filter without any condition, which would fetch the whole MAAS
 */
export const filterPaths = (filter: MachineFilter): string[] => {
  const { hostnames, systemIds, agentName, statuses } = filter;
  const lists = [hostnames, systemIds, statuses].filter((list) => list !== undefined);
  const isBlank = lists.some((list) => list.includes("")) || agentName === "";
  if (isBlank || (lists.length === 0 && agentName === undefined))
    throw new TeardownError(
      "unexpected",
      "Internal error: MAAS was to be asked for machines without a condition.",
    );
  if (statuses?.length === 0) return [];
  // MAAS's server limits the request line to about 8 KB; the longest hostname is 63 characters, an id has 6.
  return chunks(hostnames, 50).flatMap((names) =>
    chunks(systemIds, 200).map((ids) => {
      const query = new URLSearchParams();
      for (const name of names ?? []) query.append("hostname", name);
      for (const id of ids ?? []) query.append("id", id);
      if (agentName !== undefined) query.append("agent_name", agentName);
      for (const status of statuses ?? []) query.append("status", status);
      return `machines/?${query}`;
    }),
  );
};

/** MAAS writes `Sun, 22 Nov. 2026 13:50:44`, in UTC (recorded beside the answers' Date). */
const eventTime = ({ created }: MaasEvent): number => Date.parse(`${created.replace(".", "")} GMT`);

/**
 * A client of MAAS's HTTP API 2.0.
 * @throws TeardownError `config` when the URL or the key cannot be used
 * @example const maas = maasClient({ url: "http://maas:5240/MAAS", apiKey });
 */
export const maasClient = (options: MaasClientOptions): MaasClient => {
  const wire = openWire(options);

  const lookAt: MaasClient["lookAt"] = async (systemId) => {
    const asked: Asked = { call: "machine", systemId };
    const path = `machines/${encodeURIComponent(systemId)}/`;
    const answer = await read(wire, asked, path, [200, 403, 404]);
    if (answer.status === 200)
      return { kind: "seen", machine: parseAnswer(wire, asked, answer, machineSchema) };
    // Any other 404 says that the URL is wrong, not that the machine is gone; MAAS's 403 has an empty body.
    if (meaningOf(answer) === "absent") return { kind: "absent" };
    if (answer.status === 403 && !isHtml(answer)) return { kind: "forbidden" };
    throw maasError(questionOf(wire, asked), answer);
  };
  const events = (hostname: string, level: "DEBUG" | "INFO", limit: number) => {
    const query = new URLSearchParams({ op: "query", hostname, level, limit: String(limit) });
    return read(wire, { call: "events", hostname }, `events/?${query}`);
  };

  return {
    url: wire.url,
    version: remembered(async () => {
      const asked: Asked = { call: "version" };
      return parseAnswer(wire, asked, await read(wire, asked, "version/"), versionSchema);
    }),
    whoami: async () => {
      const asked: Asked = { call: "whoami" };
      return parseAnswer(wire, asked, await read(wire, asked, "users/?op=whoami"), whoamiSchema);
    },
    lookAt,
    machine: async (systemId) => {
      const look = await lookAt(systemId);
      if (look.kind === "seen") return look.machine;
      if (look.kind === "absent") return undefined;
      throw new MaasError({ ...questionOf(wire, { call: "machine", systemId }), code: "forbidden" });
    },
    machines: async (filter) => {
      const asked: Asked = { call: "machines" };
      const lists = await Promise.all(
        filterPaths(filter).map(async (path) =>
          parseAnswer(wire, asked, await read(wire, asked, path), machineSchema.array()),
        ),
      );
      return [...new Map(lists.flat().map((machine) => [machine.systemId, machine])).values()];
    },
    release: (systemId, how) => release(wire, systemId, how),
    latestEvents: async (hostname, limit = 10) =>
      parseAnswer(wire, { call: "events", hostname }, await events(hostname, "DEBUG", limit), eventsSchema),
    releasedSince: async ({ hostname, systemId }, since) => {
      // The most that MAAS gives: whoever has the machine now may have caused hundreds of events since.
      const answer = await events(hostname, "INFO", 1000);
      const ahead = Date.parse(String(answer.headers.date)) - wire.now();
      const times = parseAnswer(wire, { call: "events", hostname }, answer, eventsSchema)
        // Recorded: "Releasing" is logged when a release begins, and "Released" only when the machine is Ready (or New).
        .filter((event) => event.type === "Released" && event.systemId === systemId)
        .map((event) => eventTime(event) - (Number.isFinite(ahead) ? ahead : 0));
      return times.find((time) => time >= since);
    },
    vmHosts: async () => {
      const asked: Asked = { call: "vm-hosts" };
      const answer = await read(wire, asked, "vm-hosts/", [200, 404]);
      if (answer.status === 200) return parseAnswer(wire, asked, answer, vmHostsSchema);
      // The endpoint went away with the VM hosts; a 404 from anything but MAAS says nothing.
      if (meaningOf(answer) === "wrong-endpoint") return [];
      throw maasError(questionOf(wire, asked), answer);
    },
    close: () => {
      void wire.reads.pool.destroy();
      void wire.releases.pool.destroy();
    },
  };
};
