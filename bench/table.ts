import { aligned } from "../teardown/text/table.ts";
import type { SideBySide } from "./five.ts";
import type { Results } from "./results.ts";
import type { Spread } from "./statistics.ts";

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
const spreadOf = ({ median, min, max }: Spread): string =>
  min === max ? `${seconds(median)} s` : `${seconds(median)} s (${seconds(min)} to ${seconds(max)})`;
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const verdict = (met: boolean): string => (met ? "met" : "MISSED");

/** A number, what it may be at most, and whether it is met. */
type Row = [what: string, measured: string, limit: string, verdict: string];

const sideRows = (
  name: string,
  result: SideBySide,
  limit: (result: SideBySide) => [string, boolean],
): Row[] => {
  const { runbook, stack, criticalPath } = result;
  const [text, met] = limit(result);
  return [
    [`${name}: runbook`, spreadOf(runbook.total), "", ""],
    [
      `${name}: pulumi destroy`,
      spreadOf(stack.total),
      "never slower than the runbook",
      verdict(stack.total.median <= runbook.total.median),
    ],
    [`${name}: critical path`, spreadOf(criticalPath), "", ""],
    [`${name}: outside of it, runbook`, spreadOf(runbook.outside), "", ""],
    [`${name}: outside of it, pulumi destroy`, spreadOf(stack.outside), text, verdict(met)],
  ];
};

const within =
  (ms: number) =>
  (result: SideBySide): [string, boolean] => [`at most ${seconds(ms)} s`, result.stack.outside.median <= ms];
const times =
  (factor: number) =>
  (result: SideBySide): [string, boolean] => [
    `${factor} times less than the runbook`,
    result.stack.outside.median * factor <= result.runbook.outside.median,
  ];
const nothing = (): [string, boolean] => ["", true];

const curveRows = ({ curve = [] }: Results): Row[] =>
  curve.flatMap((point): Row[] => [
    [
      `${point.machines} machines: Ready to row done`,
      `${seconds(point.delay.median)} s (at most ${seconds(point.delay.max)})`,
      "median under 1 s",
      verdict(point.delay.median < 1000),
    ],
    [
      `${point.machines} machines: MAAS requests a machine`,
      point.requestsPerMachine.toFixed(1),
      "at most 8",
      verdict(point.requestsPerMachine <= 8),
    ],
    [`${point.machines} machines: bytes from MAAS a machine`, kilobytes(point.bytesPerMachine), "", ""],
    [
      `${point.machines} machines: requests at once`,
      String(point.atOnce),
      "at most 16",
      verdict(point.atOnce <= 16),
    ],
  ]);

const manyRows = ({ many = [] }: Results): Row[] =>
  many.flatMap((each): Row[] => {
    const name = `${each.machines} machines${each.checkpoints ? "" : ", no checkpoints"}`;
    const timed = (what: "up" | "destroy"): Row => {
      const { floor, lab, criticalPath } = each[what];
      const bound = 1.3 * floor + criticalPath;
      const measured = `${seconds(lab)} s, floor ${seconds(floor)} s, critical path ${seconds(criticalPath)} s`;
      // The engine's own checkpoints are most of the floor; without them the goal would be the engine's start and end.
      return each.checkpoints
        ? [`${name}: ${what}`, measured, `at most ${seconds(bound)} s`, verdict(lab <= bound)]
        : [`${name}: ${what}`, measured, "", ""];
    };
    const { floor, lab, entry, own } = each.stateBytesPerMachine;
    const rows = [timed("up"), timed("destroy")];
    if (!each.checkpoints) return rows;
    return [
      ...rows,
      [
        `${name}: state a machine`,
        `${kilobytes(entry)} its entry (${kilobytes(own)} its own properties), ${kilobytes(lab)} of the whole state, ${kilobytes(floor)} an empty resource`,
        "its entry at most 1 kB",
        verdict(entry <= 1024),
      ],
      [
        `${name}: provider's peak memory`,
        `${megabytes(each.peakBytes.lab)}, floor ${megabytes(each.peakBytes.floor)}`,
        "under 250 MB",
        verdict(each.peakBytes.lab < 250e6),
      ],
    ];
  });

/** The table of results, with what each number may be at most. */
export const resultsTable = (results: Results): string => {
  const { five, fiveWithLatency, realDurations, previews } = results;
  const rows: Row[] = [
    ["what", "measured", "goal", ""],
    ...(five ? sideRows("five machines", five, within(3_000)) : []),
    ...(fiveWithLatency ? sideRows("five, real costs of the clients", fiveWithLatency, times(5)) : []),
    ...(realDurations ? sideRows("five, real durations", realDurations, nothing) : []),
    ...(previews
      ? [
          ["preview: empty program", spreadOf(previews.empty), "", ""] satisfies Row,
          [
            "preview: the lab",
            spreadOf(previews.lab),
            "at most 2 s more",
            verdict(previews.lab.median - previews.empty.median <= 2_000),
          ] satisfies Row,
        ]
      : []),
    ...curveRows(results),
    ...manyRows(results),
  ];
  return aligned(rows).join("\n");
};

/** Where the time of a destroy of five machines goes, one after the other. */
export const phasesTable = (name: string, { stack }: SideBySide): string =>
  aligned([
    [`where it goes, ${name}`, "median", "min", "max"],
    ...Object.entries(stack.phases).map(([phase, { median, min, max }]) => [
      phase,
      `${seconds(median)} s`,
      seconds(min),
      seconds(max),
    ]),
  ]).join("\n");
