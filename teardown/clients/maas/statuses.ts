/**
 * MAAS's node statuses: label (what `GET /machines/?status=` takes), number (what a machine's JSON holds), name (what MAAS shows)
 * and what `POST machines/{system_id}/?op=release` does to a machine in that status.
 *
 * Source: NODE_STATUS, identical in MAAS 3.2 to 3.7; the effect of a release was recorded against MAAS 3.6.5 (and 3.4.8), one
 * release for each status, with an administrator's key.
 */

/** What a single release does to a machine in a status. */
export type ReleaseEffect =
  | "releasable" // 200, the release starts
  | "ready" // 200, nothing to do
  | "releasing" // 200, nothing new is started: wait
  | "erasing" // 409 until the erase has ended, which takes minutes to hours
  | "failed-retryable" // an earlier release or erase failed: 200, the release starts again
  | "not-releasable"; // 409, and waiting does not help

/** A machine's `status` number, see {@link machineStatuses}. MAAS may know more numbers than this table. */
export type MachineStatus = number;

type StatusFacts = { readonly status: MachineStatus; readonly name: string; readonly release: ReleaseEffect };

const table = {
  new: { status: 0, name: "New", release: "not-releasable" },
  commissioning: { status: 1, name: "Commissioning", release: "not-releasable" },
  failed_commissioning: { status: 2, name: "Failed commissioning", release: "not-releasable" },
  missing: { status: 3, name: "Missing", release: "not-releasable" },
  ready: { status: 4, name: "Ready", release: "ready" },
  reserved: { status: 5, name: "Reserved", release: "releasable" },
  deployed: { status: 6, name: "Deployed", release: "releasable" },
  retired: { status: 7, name: "Retired", release: "not-releasable" },
  broken: { status: 8, name: "Broken", release: "releasable" },
  deploying: { status: 9, name: "Deploying", release: "releasable" },
  allocated: { status: 10, name: "Allocated", release: "releasable" },
  failed_deployment: { status: 11, name: "Failed deployment", release: "releasable" },
  releasing: { status: 12, name: "Releasing", release: "releasing" },
  failed_releasing: { status: 13, name: "Releasing failed", release: "failed-retryable" },
  disk_erasing: { status: 14, name: "Disk erasing", release: "erasing" },
  failed_disk_erasing: { status: 15, name: "Failed disk erasing", release: "failed-retryable" },
  rescue_mode: { status: 16, name: "Rescue mode", release: "not-releasable" },
  entering_rescue_mode: { status: 17, name: "Entering rescue mode", release: "not-releasable" },
  failed_entering_rescue_mode: {
    status: 18,
    name: "Failed to enter rescue mode",
    release: "not-releasable",
  },
  exiting_rescue_mode: { status: 19, name: "Exiting rescue mode", release: "not-releasable" },
  failed_exiting_rescue_mode: { status: 20, name: "Failed to exit rescue mode", release: "not-releasable" },
  testing: { status: 21, name: "Testing", release: "not-releasable" },
  failed_testing: { status: 22, name: "Failed testing", release: "not-releasable" },
} as const satisfies Record<string, StatusFacts>;

/** The label of a status, as MAAS's `status=` filter takes it. */
export type StatusLabel = keyof typeof table;

/** The whole table, by label. */
export const machineStatuses: Readonly<Record<StatusLabel, StatusFacts>> = table;

const byNumber: ReadonlyMap<number, StatusFacts> = new Map(
  Object.values(machineStatuses).map((facts) => [facts.status, facts]),
);

/** What a release does to a machine in this status; a status that this table does not know is not releasable. */
export const releaseEffect = (status: MachineStatus): ReleaseEffect =>
  byNumber.get(status)?.release ?? "not-releasable";

/** MAAS's name of a status, for example "Releasing failed". */
export const statusName = (status: MachineStatus): string => byNumber.get(status)?.name ?? `status ${status}`;

const byName: ReadonlyMap<string, StatusFacts> = new Map(
  Object.values(machineStatuses).map((facts) => [facts.name, facts]),
);

/** What a release does to a machine in a status by MAAS's name for it; undefined when the table does not know it. */
export const effectOfStatus = (name: string): ReleaseEffect | undefined => byName.get(name)?.release;
