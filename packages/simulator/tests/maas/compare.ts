import { expect } from "chai";
import { isMachine } from "./recordings.ts";

/** Fields of a machine whose values the simulated lab makes up; their shape must be the recorded one. */
const madeUp: ReadonlySet<string> = new Set([
  "boot_disk",
  "physicalblockdevice_set",
  "blockdevice_set",
  "storage",
  "boot_interface",
  "interface_set",
  "numanode_set",
  "cpu_count",
  "cpu_speed",
  "memory",
  "hardware_uuid",
  "virtualmachine_id",
  "current_commissioning_result_id",
]);

const kind = (value: unknown): string =>
  Array.isArray(value) ? "array" : value === null ? "null" : typeof value;

/** The same keys and types all the way down; null stands for any type, as the recorder's hardware was made up too. */
export const expectShape = (actual: unknown, recorded: unknown, path: string): void => {
  if (actual === null || recorded === null) return;
  expect(kind(actual), `${path} has the recorded type`).to.equal(kind(recorded));
  if (Array.isArray(actual) && Array.isArray(recorded)) {
    const [example] = recorded;
    if (example !== undefined) for (const element of actual) expectShape(element, example, `${path}[]`);
  } else if (typeof actual === "object" && typeof recorded === "object") {
    expect(Object.keys(actual), `${path} has the recorded keys`).to.have.members(Object.keys(recorded));
    const expected = new Map(Object.entries(recorded));
    for (const [key, value] of Object.entries(actual))
      expectShape(value, expected.get(key), `${path}.${key}`);
  }
};

/** Whether the first partition of the boot disk holds a filesystem: a release takes it away. */
const bootFilesystem = (machine: Record<string, unknown>): unknown => {
  const text = JSON.stringify(machine.boot_disk);
  const { partitions } = JSON.parse(text);
  return [partitions[0].filesystem === null, partitions[0].used_for === "Unused"];
};

/** A machine's JSON: every field there, and equal unless made up. */
export const expectMachine = (
  // Not in the recordings, and in what a MAAS answers to Juju's provider (juju.md 9).
  { ip_addresses: _, ...actual }: Record<string, unknown>,
  recorded: Record<string, unknown>,
): void => {
  expect(Object.keys(actual)).to.have.members(Object.keys(recorded));
  for (const [field, value] of Object.entries(recorded)) {
    if (!madeUp.has(field)) expect(actual[field], field).to.deep.equal(value);
    else {
      expectShape(actual[field], value, field);
      expect(actual[field] === null, `${field} is null`).to.equal(value === null);
    }
  }
  expect(bootFilesystem(actual), "the boot disk's filesystem").to.deep.equal(bootFilesystem(recorded));
};

/** What depends on when, and on how many events there were before: the ids count on from the first one seen. */
export const relativeEvents = (json: unknown, firstId: number): unknown =>
  JSON.parse(
    JSON.stringify(json)
      .replaceAll(/"id":(\d+)/g, (_, id) => `"id":${Number(id) - firstId}`)
      .replaceAll(/(after|before)=(\d+)/g, (_, word, id) => `${word}=${Number(id) - firstId}`)
      .replaceAll(/"created":"\w{3}, \d\d \w{3}\. \d{4} \d\d:\d\d:\d\d"/g, '"created":"some time"'),
  );

const isEvents = (json: unknown): json is { events: { id: number }[] } =>
  typeof json === "object" && json !== null && "events" in json && Array.isArray(json.events);

/** The lowest event id in a body, if it holds events. */
export const lowestEventId = (json: unknown): number | undefined =>
  isEvents(json) ? json.events.at(-1)?.id : undefined;

/** Version answers differ by design: the recording had no version, and the simulated lab says what it is. */
const withoutVersion = (json: unknown): unknown =>
  typeof json === "object" && json !== null && "capabilities" in json
    ? { ...json, version: "...", subversion: "..." }
    : json;

const byId = (machines: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  machines.toSorted((a, b) => String(a.system_id).localeCompare(String(b.system_id)));

/** Compares a body with the recorded one. `firstIds` are the first event ids here and in the recording. */
export const expectJson = (actual: unknown, recorded: unknown, firstIds: readonly [number, number]): void => {
  if (isMachine(recorded)) {
    expect(actual).to.satisfy(isMachine);
    if (isMachine(actual)) expectMachine(actual, recorded);
  } else if (Array.isArray(recorded) && recorded.some(isMachine)) {
    const [mine, theirs] = [actual, recorded].map((list) =>
      Array.isArray(list) ? byId(list.filter(isMachine)) : [],
    );
    expect(mine?.length).to.equal(recorded.length);
    for (const [index, machine] of (theirs ?? []).entries()) {
      const counterpart = mine?.[index];
      if (counterpart) expectMachine(counterpart, machine);
    }
  } else if (isEvents(recorded)) {
    expect(relativeEvents(actual, firstIds[0])).to.deep.equal(relativeEvents(recorded, firstIds[1]));
  } else {
    expect(withoutVersion(actual)).to.deep.equal(withoutVersion(recorded));
  }
};
