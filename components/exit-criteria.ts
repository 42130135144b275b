import { isDeepStrictEqual } from "node:util";
import type { dynamic, Output } from "@pulumi/pulumi";
import { TeardownError } from "../teardown/errors.ts";
import { checkExitCriteria } from "../teardown/exit-criteria.ts";
import { findingsTable } from "../teardown/guards/say.ts";
import { type LabRecord, storedRecord } from "../teardown/record.ts";
import { writeReport } from "../teardown/report/write-report.ts";
import { bounded, differs, type State } from "./life.ts";
import { adoptedLab, isUp, judged, onlyInDestroy, refreshTells, rowOf, teardown } from "./operation.ts";
import { type LabOptions, LabResource } from "./resource.ts";

/** Created first: adopts the lab, and holds its record. Deleted last: everything is read afresh, and only then is the lab torn down. */
export class ExitCriteria extends LabResource {
  declare readonly record: Output<LabRecord | undefined>;

  constructor(name: string, options: LabOptions) {
    super("ExitCriteria", "exit-criteria", name, { record: undefined }, options);
  }
}

// The first version kept the record as `lab`.
type Kept = State & { lab?: unknown };

const keptRecord = ({ record, lab }: Kept): LabRecord | undefined =>
  record ?? storedRecord.safeParse(lab).data;

/** What is recorded otherwise than before, in words. */
const changesBetween = (before: LabRecord, now: LabRecord): string[] => {
  const was = new Map(before.machines.map((machine) => [machine.hostname, machine]));
  return [
    ...(before.model?.uuid === now.model?.uuid
      ? []
      : [`the model is ${now.model?.uuid ?? "gone"} (was ${before.model?.uuid ?? "gone"})`]),
    ...(before.maasUrl === now.maasUrl || before.maasUrl === ""
      ? []
      : [`MAAS is ${now.maasUrl} (was ${before.maasUrl})`]),
    ...now.machines.flatMap(({ hostname, systemId, owner }) => {
      const old = was.get(hostname);
      if (!old) return [];
      if (old.systemId !== systemId)
        return [`${hostname} is another machine: ${systemId} (was ${old.systemId})`];
      return old.owner === owner
        ? []
        : [`${hostname} has the owner ${owner || "none"} (was ${old.owner || "none"})`];
    }),
  ];
};

/** Adopts what is there today, and tells what is worth knowing of it. */
const adopted = async (row: string, before: LabRecord | undefined): Promise<LabRecord> => {
  const { record, findings } = await adoptedLab(row, before);
  if (findings.length > 0) rowOf(row).warn(`worth knowing:\n${findingsTable(findings, {})}`);
  return record;
};

/** Adopts what is there today. A lab that cannot be adopted is no failure of this resource's: the others stop then. */
const attempt = async (row: string, before: LabRecord | undefined): Promise<LabRecord | undefined> => {
  try {
    return await adopted(row, before);
  } catch (error) {
    rowOf(row).warn((error as Error).message);
    return undefined;
  }
};

const withRecord = ({ row, __provider }: Kept & { __provider?: unknown }, record: LabRecord | undefined) => ({
  row,
  __provider,
  ...(record && { record }),
});

/** The exit criteria's life: `create` and `update` adopt, `delete` checks, and closes the run. */
export const life: dynamic.ResourceProvider = bounded<Kept>({
  create: async (inputs) => ({
    id: "exit-criteria",
    outs: withRecord(inputs, await attempt(inputs.row, undefined)),
  }),
  diff: async (olds, { record: _, ...news }) => {
    if (differs(olds, news as Kept)) return { changes: true };
    if (!(await isUp())) return { changes: false };
    const before = keptRecord(olds);
    try {
      return { changes: !isDeepStrictEqual((await adoptedLab(news.row, before)).record, olds.record) };
    } catch (error) {
      // What is missing stops the `up`; what only cannot be looked at now leaves the record as it is.
      if (!before || (error instanceof TeardownError && error.code === "missing")) return { changes: true };
      rowOf(news.row).warn(`could not be looked at; keeping the recorded lab: ${(error as Error).message}`);
      return { changes: false };
    }
  },
  update: async (olds, news) => {
    const before = keptRecord(olds);
    if (!before) return { outs: withRecord(news, await attempt(news.row, undefined)) };
    const now = await adopted(news.row, before);
    const changes = changesBetween(before, now);
    if (changes.length > 0)
      rowOf(news.row).warn(["recorded otherwise than before:", ...changes].join("\n  "));
    return { outs: withRecord(news, now) };
  },
  // Only looks, and tells what a destroy would find: here, since this resource is in the stack to the last.
  read: async ({ row, record }) => {
    if (!record || !refreshTells()) return;
    try {
      const { findings, settings } = await judged(row, record);
      const worthKnowing = findings.filter(({ verdict }) => verdict !== "ok");
      if (worthKnowing.length > 0)
        rowOf(row).warn(`what pulumi destroy finds:\n${findingsTable(worthKnowing, settings)}`);
    } catch (error) {
      rowOf(row).warn(`could not be looked at; keeping the recorded lab: ${(error as Error).message}`);
    }
  },
  delete: async (state) => {
    const { row, record } = state;
    await onlyInDestroy(row);
    if (!record) {
      throw new TeardownError(
        "missing",
        [
          "nothing was adopted, so nothing was torn down",
          "To adopt the lab:     pulumi up   # then: pulumi preview",
          "To abandon the stack: pulumi stack rm --force --preserve-config",
        ].join("\n"),
      );
    }
    const { context, run, poller } = await teardown(row, record, true);
    try {
      rowOf(row).info(await checkExitCriteria({ context, run, lab: record, poller, row: rowOf(row) }));
    } finally {
      writeReport(run.directory);
    }
  },
});
