import { answers } from "./answers.ts";
import { describeApi } from "./description.ts";
import { queryEvents } from "./events.ts";
import { machineOperations } from "./machine-operations.ts";
import { type Call, machine, machines } from "./machines.ts";
import type { Caller } from "./oauth.ts";
import type { Region } from "./region.ts";
import { renderZone } from "./render.ts";
import { compact, failure, ok, okText, type Reply } from "./reply.ts";
import { type HttpRequest, parametersOf } from "./request.ts";
import { readUser, readUsers, whoami } from "./users.ts";
import { vmHosts } from "./vm-hosts.ts";

/** A resource: the path that it answers, what it answers, and what it tells somebody without credentials. */
type Route = {
  readonly path: RegExp;
  readonly answer: (call: Call, id: string) => Reply | Promise<Reply>;
  readonly anonymous?: (method: string, op: string | null) => Reply;
  /** Operations that the path form `.../op-<name>` knows. */
  readonly ops: readonly string[];
};

const routes: readonly Route[] = [
  {
    path: /^machines\/$/,
    ops: ["release", "list_allocated", "power_parameters"],
    answer: machines,
    // Without credentials the collection falls to another handler, which knows neither read nor release.
    anonymous: answers.unrecognised,
  },
  {
    path: /^machines\/([^/]+)\/$/,
    ops: Object.values(machineOperations).flatMap((operations) => Object.keys(operations)),
    answer: machine,
  },
  {
    path: /^users\/$/,
    ops: ["whoami"],
    answer: ({ region, user, method, op }) => {
      if (method !== "GET") return answers.unrecognised(method, op);
      if (op === "whoami") return whoami(user);
      return op === null ? readUsers(region) : answers.unrecognised(method, op);
    },
  },
  { path: /^users\/([^/]+)\/$/, ops: [], answer: ({ region }, name) => readUser(region, name) },
  {
    path: /^events\/$/,
    ops: ["query"],
    answer: ({ region, user, method, op, search, path }) =>
      method === "GET" && op === "query"
        ? queryEvents(region, user, path, search)
        : answers.unrecognised(method, op),
  },
  {
    path: /^zones\/$/,
    ops: [],
    answer: ({ region, method, op }) =>
      method === "GET" && op === null ? readZones(region) : answers.unrecognised(method, op),
  },
  {
    path: /^(?:vm-hosts|pods)\/$/,
    ops: [],
    answer: ({ region, user, method }) => vmHosts(region, user, method, undefined),
  },
  {
    path: /^(?:vm-hosts|pods)\/(\d+)\/$/,
    ops: [],
    answer: ({ region, user, method }, id) => vmHosts(region, user, method, id),
  },
];

/** `GET /zones/`: the default one, and those that machines are in. */
const readZones = (region: Region): Reply => {
  const names = new Set(["default", ...[...region.machines.values()].map(({ zone }) => zone)]);
  return ok([...names].map(renderZone));
};

const capabilities = [
  "networks-management",
  "static-ipaddresses",
  "ipv6-deployment-ubuntu",
  "devices-management",
  "storage-deployment-ubuntu",
  "network-deployment-ubuntu",
  "bridging-interface-ubuntu",
  "bridging-automatic-ubuntu",
  "authenticate-api",
];

/** What needs no credentials, and nothing below `/MAAS/api/2.0/`. */
const open = (region: Region, path: string, base: string): Reply | undefined => {
  if (path === "/MAAS/api/version/") return { ...okText("2.0"), type: "text/plain", vary: null, hash: false };
  if (path.startsWith("/MAAS/api/1.0/")) return answers.oldApi();
  if (path === "/MAAS/api/2.0/version/")
    return {
      ...okText(compact({ capabilities, version: region.settings.version, subversion: "simulated" })),
      vary: "Authorization",
    };
  if (path === "/MAAS/api/2.0/describe/")
    return {
      ...ok(describeApi(base)),
      type: "application/json",
      vary: null,
      hash: false,
    };
  return undefined;
};

/** `.../op-<name>` asks for the operation of the resource in front of it. */
const splitOp = (path: string): { resource: string; op: string | null } => {
  const match = /^(.*\/)op-([a-z_]+)$/.exec(path);
  return match ? { resource: match[1] ?? "", op: match[2] ?? null } : { resource: path, op: null };
};

/**
 * The region's answer to a request. Order as in MAAS: is there such an endpoint, who is calling, what for.
 *
 * Never throws: what goes wrong inside is a 500 with its message, as in MAAS.
 */
export const createRoutes =
  (region: Region, callerOf: (request: HttpRequest) => Caller) =>
  async (request: HttpRequest): Promise<Reply> => {
    try {
      const parameters = parametersOf(request);
      const { path, query, form } = parameters;
      const anyone = open(region, path, `http://${request.headers.host ?? ""}`);
      if (anyone) return anyone;
      const { resource, op: pathOp } = splitOp(path.replace(/^\/MAAS\/api\/2\.0\//, ""));
      const route = path.startsWith("/MAAS/api/2.0/")
        ? routes.find((candidate) => candidate.path.test(resource))
        : undefined;
      if (!route || (pathOp !== null && !route.ops.includes(pathOp))) return answers.unknownEndpoint(path);
      const op = pathOp ?? query.get("op") ?? form.get("op");
      const caller = callerOf(request);
      if ("rejected" in caller) return caller.rejected;
      if ("anonymous" in caller) return route.anonymous?.(request.method, op) ?? answers.anonymous();
      const id = route.path.exec(resource)?.[1] ?? "";
      return await route.answer({ ...parameters, region, user: caller.user, method: request.method, op }, id);
    } catch (error) {
      return failure(500, error instanceof Error ? error.message : String(error));
    }
  };
