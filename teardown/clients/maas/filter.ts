import { TeardownError } from "../../errors.ts";
import type { StatusLabel } from "./status.ts";

/** All given conditions must be met; the entries of one list are alternatives. Hostnames are short names: MAAS does not match an FQDN. */
export type MachineFilter = {
  hostnames?: string[];
  systemIds?: string[];
  /** What Juju sets to the model's UUID; MAAS clears it at release and never shows it. */
  agentName?: string;
  statuses?: StatusLabel[];
};

/** MAAS's server limits the request line to about 8 KB; the longest hostname is 63 characters. A machine costs MAAS 14 ms. */
const perRequest = 50;
/** Of machines that are asked for with their statuses few are answered; a system_id has 6 characters. */
const perRequestWithStatuses = 200;

const chunks = (list: string[] | undefined, size = perRequest): (string[] | undefined)[] => {
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
  const isBlank = lists.some((list) => list.some((entry) => entry === "")) || agentName === "";
  if (isBlank || (lists.length === 0 && agentName === undefined)) {
    throw new TeardownError("unexpected", "A defect: MAAS was to be asked for machines without a condition.");
  }
  if (statuses?.length === 0) return [];
  return chunks(hostnames).flatMap((names) =>
    chunks(systemIds, statuses ? perRequestWithStatuses : perRequest).map((ids) => {
      const query = new URLSearchParams();
      for (const name of names ?? []) query.append("hostname", name);
      for (const id of ids ?? []) query.append("id", id);
      if (agentName !== undefined) query.append("agent_name", agentName);
      for (const status of statuses ?? []) query.append("status", status);
      return `machines/?${query}`;
    }),
  );
};
