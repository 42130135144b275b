/**
 * MAAS's machine statuses: number and name as the API gives them, and `label` as the list's `status=` filter
 * takes it. Source: MAAS 3.6.5 answers, identical in 3.2 to 3.7.
 */
export const statuses = [
  { number: 0, name: "New", label: "new" },
  { number: 1, name: "Commissioning", label: "commissioning" },
  { number: 2, name: "Failed commissioning", label: "failed_commissioning" },
  { number: 3, name: "Missing", label: "missing" },
  { number: 4, name: "Ready", label: "ready" },
  { number: 5, name: "Reserved", label: "reserved" },
  { number: 6, name: "Deployed", label: "deployed" },
  { number: 7, name: "Retired", label: "retired" },
  { number: 8, name: "Broken", label: "broken" },
  { number: 9, name: "Deploying", label: "deploying" },
  { number: 10, name: "Allocated", label: "allocated" },
  { number: 11, name: "Failed deployment", label: "failed_deployment" },
  { number: 12, name: "Releasing", label: "releasing" },
  { number: 13, name: "Releasing failed", label: "failed_releasing" },
  { number: 14, name: "Disk erasing", label: "disk_erasing" },
  { number: 15, name: "Failed disk erasing", label: "failed_disk_erasing" },
  { number: 16, name: "Rescue mode", label: "rescue_mode" },
  { number: 17, name: "Entering rescue mode", label: "entering_rescue_mode" },
  { number: 18, name: "Failed to enter rescue mode", label: "failed_entering_rescue_mode" },
  { number: 19, name: "Exiting rescue mode", label: "exiting_rescue_mode" },
  { number: 20, name: "Failed to exit rescue mode", label: "failed_exiting_rescue_mode" },
  { number: 21, name: "Testing", label: "testing" },
  { number: 22, name: "Failed testing", label: "failed_testing" },
] as const;

/** A machine's status by the name that MAAS shows. */
export type StatusName = (typeof statuses)[number]["name"];

export const statusNames: readonly StatusName[] = statuses.map(({ name }) => name);

/** What MAAS gives as `status` for a status name. */
export const statusNumber = (name: StatusName): number =>
  statuses.find((status) => status.name === name)?.number ?? Number.NaN;

/** Statuses from which a release starts; every other one but Ready and Releasing is answered with 409. */
export const releasable: ReadonlySet<StatusName> = new Set<StatusName>([
  "Deployed",
  "Allocated",
  "Reserved",
  "Broken",
  "Deploying",
  "Failed deployment",
  "Failed disk erasing",
  "Releasing failed",
]);

/** Statuses in which a single release is answered with 200 and changes nothing. */
export const releaseIsNoOp: ReadonlySet<StatusName> = new Set<StatusName>(["Ready", "Releasing"]);

/** Where `?op=abort` leads; every other status is answered with 409. */
export const abortLeadsTo: ReadonlyMap<StatusName, StatusName> = new Map<StatusName, StatusName>([
  ["Commissioning", "New"],
  ["Deploying", "Allocated"],
  ["Disk erasing", "Failed disk erasing"],
  ["Testing", "Failed testing"],
]);
