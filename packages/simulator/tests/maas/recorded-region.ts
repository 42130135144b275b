import { oauthParameters } from "../../maas/oauth.ts";
import { statuses } from "../../maas/statuses.ts";
import type { ScenarioInput } from "../../scenario.ts";
import { type CliRun, type Exchange, machinesIn } from "./recordings.ts";

/**
 * The region as it was when the recording began, worked out from what was recorded: each machine as it was first seen,
 * or, when it was first seen after its release, as its name says (`st-broken`, `alloc-off`, `dep-off`).
 */
type Body = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const isReleaseOf = ({ request }: Exchange, systemId: unknown): boolean =>
  request.method === "POST" && request.path.includes("op=release") && request.path.includes(`/${systemId}/`);

/** The recorder's words in hostnames that are not MAAS's labels. */
const words: Readonly<Record<string, string>> = { rescue: "rescue_mode" };

const statusByName = (hostname: string): string => {
  if (hostname.startsWith("alloc-")) return "Allocated";
  const label = /^st-(.*)$/.exec(hostname)?.[1]?.replaceAll("-", "_");
  const status = statuses.find((candidate) => candidate.label === (words[label ?? ""] ?? label));
  return status?.name ?? "Deployed";
};

const hasFilesystem = (body: Body): boolean => JSON.stringify(body.boot_disk).includes('"filesystem":{');

/** What the first answer to a release tells: it says nothing of how the machine was before. */
const inferred = (body: Body): Record<string, unknown> => ({
  status: statusByName(text(body.hostname)),
  // Who owned it, the machine's own answer no longer says; those with an owner of their own were read before. The
  // broken one is nobody's: a plain user who is not juju could release it.
  owner: statusByName(text(body.hostname)) === "Broken" ? null : "juju",
  ownerData: body.owner_data,
  powerState: body.power_state,
  // What a release leaves was not acquired with the machine.
  filesystem: hasFilesystem(body) ? "configured" : "acquired",
});

const asRead = (body: Body): Record<string, unknown> => ({
  status: body.status_name,
  owner: body.owner,
  ownerData: body.owner_data,
  powerState: body.power_state,
  osystem: body.osystem,
  distroSeries: body.distro_series,
  filesystem: hasFilesystem(body) ? (body.osystem === "" ? "configured" : "acquired") : "none",
});

const podName = (pod: unknown): string | null =>
  typeof pod === "object" && pod !== null && "name" in pod ? text(pod.name) : null;

const describeMachine = (
  exchanges: readonly Exchange[],
  body: Body,
  first: Exchange,
): { hostname: string } & Body => {
  const { system_id: systemId } = body;
  const vmHost = exchanges
    .filter((exchange) => isReleaseOf(exchange, systemId))
    .map((exchange) => /^The following VM hosts must be removed first: (.*)$/.exec(exchange.text ?? "")?.[1])
    .find((name) => name !== undefined);
  const changed =
    isReleaseOf(first, systemId) && !["Ready", "Releasing"].includes(statusByName(text(body.hostname)));
  const wasReady = text(body.hostname).startsWith("ready");
  return {
    hostname: text(body.hostname),
    systemId,
    ...(changed && !wasReady ? inferred(body) : asRead(body)),
    powerType: body.power_type,
    locked: first.request.path.includes("op=lock") ? false : body.locked,
    commissioned: body.commissioning_status === 2,
    dynamic: text(body.hostname).includes("dynamic"),
    pod: podName(body.pod),
    ...(vmHost === undefined ? {} : { hostsVms: vmHost }),
    release: "1s",
  };
};

/** The users whose keys were accepted; those who asked have their names, the other one was called so. */
const recordedUsers = (exchanges: readonly Exchange[]): Record<string, unknown>[] => {
  const keys = new Map<string, { key: string; name?: string; superuser: boolean }>();
  for (const { request, status, json } of exchanges) {
    const oauth = oauthParameters(request.headers.Authorization);
    const consumer = oauth.get("oauth_consumer_key");
    if (consumer === undefined || status === 401) continue;
    const key = [consumer, oauth.get("oauth_token"), oauth.get("oauth_signature")?.replace("&", "")].join(
      ":",
    );
    const known = keys.get(consumer) ?? { key, superuser: false };
    const who = typeof json === "object" && json !== null && "username" in json ? json : undefined;
    keys.set(consumer, {
      ...known,
      ...(who
        ? { name: text(who.username), superuser: "is_superuser" in who && who.is_superuser === true }
        : {}),
    });
  }
  return [...keys.values()].map(({ name = "other", ...rest }) => ({ name, ...rest }));
};

/** Machines that only the CLI's recording shows: the one that was read by its hostname. */
const onlyInTranscript = (
  runs: readonly CliRun[],
  known: ReadonlySet<unknown>,
): { hostname: string; systemId: string }[] =>
  runs.flatMap(({ argv, stdout }) => {
    const hostname = /^hostname=(.*)$/.exec(argv.at(-1) ?? "")?.[1];
    const systemId = /"system_id": "(\w+)"/.exec(stdout)?.[1];
    return hostname && systemId && argv.length === 5 && !known.has(systemId) ? [{ hostname, systemId }] : [];
  });

/** The scenario of the recorded region. */
export const recordedRegion = (exchanges: readonly Exchange[], runs: readonly CliRun[]): ScenarioInput => {
  const machines = new Map<unknown, { hostname: string } & Body>();
  for (const exchange of exchanges)
    for (const body of machinesIn(exchange.json))
      if (!machines.has(body.system_id))
        machines.set(body.system_id, describeMachine(exchanges, body, exchange));
  for (const { hostname, systemId } of onlyInTranscript(runs, new Set(machines.keys())))
    machines.set(systemId, { hostname, systemId, release: "1s" });
  return {
    maas: {
      version: "3.6.5",
      users: recordedUsers(exchanges),
      profile: { name: "lab", user: "juju" },
      ephemeralImage: false,
    },
    models: [],
    machines: [...machines.values()],
  };
};

/** What the recorder's words for the power mean for a machine's releases. */
const powerModes: Readonly<Record<string, string>> = {
  stuck: "never-off",
  fail: "power-fails-500",
  real: "no-rack-503",
};

/** More releases than any recording has. */
const always = 1000;

/**
 * The recorded region with its power in the mode that a recording's `server` field names, as in `power mode: fail`,
 * `as c-stuck`, `stuck power` and `power=real`. Erasures fail, which the recorder did by hand.
 */
export const withPower = (region: ScenarioInput, server: string): ScenarioInput => {
  const mode = /power mode: (\w+)|as c-(\w+)|(\w+) power|power=(\w+)/.exec(server)?.slice(1).find(Boolean);
  const answer = powerModes[mode ?? ""];
  const faults = [...(answer ? [{ answer, times: always }] : []), { answer: "erase-fails", times: always }];
  return {
    ...region,
    maas: { ...region.maas, ephemeralImage: server.includes("boot images present") },
    machines: (region.machines ?? []).map((machine) => ({ ...machine, faults })),
  };
};
