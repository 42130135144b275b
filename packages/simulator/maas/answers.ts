import { failure, type Reply } from "./reply.ts";
import type { StatusName } from "./statuses.ts";

/** What fails after the request's transaction was committed. */
const late = (status: number, body: string): Reply => ({ ...failure(status, body), vary: null, bare: true });

/**
 * What MAAS says when it does not do what it was asked: status, text and headers. Source: answers recorded from
 * MAAS 3.6.5 (3.4.8 gives the same ones). One table, so that a client's author finds every case in one place.
 */
export const answers = {
  unknownEndpoint: (path: string): Reply => ({
    ...failure(404, `Unknown API endpoint: ${path}.`),
    vary: null,
  }),
  oldApi: (): Reply => ({
    ...failure(410, "The 1.0 API is no longer available. Please use API version 2.0."),
    type: "text/plain",
    vary: null,
  }),
  anonymous: (): Reply => ({
    status: 401,
    type: "text/plain",
    body: "Forbidden",
    vary: "Authorization, Cookie",
    hash: true,
  }),
  badAuthorization: (reason: string): Reply => ({
    status: 401,
    type: "text/html; charset=utf-8",
    body: `Authorization Error: ${reason}`,
    vary: "Cookie",
    hash: false,
    headers: { "WWW-Authenticate": 'OAuth realm="OAuth"' },
  }),
  badTimestamp: (text: string): Reply => failure(500, `invalid literal for int() with base 10: '${text}'`),
  badTimestampMaster: (): Reply => failure(400, "Invalid timestamp"),
  unrecognised: (method: string, op: string | null): Reply =>
    failure(400, `Unrecognised signature: method=${method} op=${op ?? "None"}`),
  methodNotAllowed: (allowed: readonly string[]): Reply => ({
    status: 405,
    type: "text/html; charset=utf-8",
    body: "",
    vary: "Authorization, Cookie",
    hash: true,
    headers: { Allow: allowed.join(", ") },
  }),
  noSuch: (kind: string): Reply => ({
    status: 404,
    type: "text/plain",
    body: `No ${kind} matches the given query.`,
    vary: "Authorization, Cookie",
    hash: true,
  }),
  /** Not yours, locked, or for administrators only: the answer does not say which. */
  forbidden: (): Reply => failure(403, ""),
  notReleasable: (status: StatusName): Reply =>
    failure(409, `Machine cannot be released in its current state ('${status}').`),
  cannotAbort: (systemId: string, status: StatusName): Reply =>
    failure(409, `Cannot abort in current state: node ${systemId} is in state ${status}.`),
  hostsVms: (names: readonly string[]): Reply =>
    failure(400, `The following VM hosts must be removed first: ${names.join(", ")}`),
  alreadyLocked: (): Reply => failure(409, "Machine is already locked"),
  notLocked: (): Reply => failure(409, "Machine is not locked"),
  noEphemeralImage: (architecture: string): Reply =>
    failure(400, `Ephemeral operating system ubuntu/noble for ${architecture} is unavailable.`),
  badBoolean: (name: string): Reply => failure(400, `Invalid ${name}: Value should be 'true' or 'false'`),
  dynamicPoweredOff: (): Reply => failure(500, "NodeConfig matching query does not exist."),
  bulkJson: (): Reply => failure(500, "'dict' object has no attribute 'getlist'"),
  bulkUnknown: (ids: readonly string[]): Reply => failure(400, `Unknown machine(s): ${ids.join(", ")}.`),
  bulkForbidden: (ids: readonly string[]): Reply =>
    failure(
      403,
      `You don't have the required permission to release the following machine(s): ${ids.join(", ")}.`,
    ),
  bulkNotReleasable: (machines: readonly { systemId: string; status: StatusName }[]): Reply =>
    failure(
      409,
      `Machine(s) cannot be released in their current state: ${machines
        .map(({ systemId, status }) => `${systemId} ('${status}')`)
        .join(", ")}.`,
    ),
  noRack: (hostname: string): Reply =>
    late(503, `No rack controllers can access the BMC of node ${hostname}`),
  /** The text is the power driver's own. */
  powerOffFailed: (): Reply => late(500, "Could not contact BMC: connection timed out"),
  /** The database's serialisation conflict, after 10 tries: the only 409 that is worth a retry. */
  conflict: (): Reply => ({
    ...failure(409, "<html><body><h1>Conflict error. Try your request again.</h1></body></html>", {
      "Retry-After": "5",
    }),
    type: "text/html; charset=utf-8",
  }),
  noConnections: (): Reply =>
    failure(503, "Unable to connect to any rack controller; no connections available.", {
      "Retry-After": "10",
    }),
  gatewayTimeout: (): Reply => ({
    ...failure(504, "<html><head><title>504 Gateway Time-out</title></head><body></body></html>"),
    type: "text/html",
    vary: null,
  }),
} as const;

/** What MAAS writes about a release that took longer than it allows. */
export const releaseTimedOut = "Node operation 'Releasing' timed out after 5 minutes.";
