import type { SideBySide } from "./five.ts";
import { type Bar, svg } from "./plot.ts";
import type { Results } from "./results.ts";

const barsOf = (name: string, result: SideBySide | undefined): Bar[] =>
  result
    ? [
        {
          name,
          parts: Object.entries(result.stack.phases).map(([phase, { median }]) => ({
            name: phase,
            value: median / 1000,
          })),
        },
        { name: "runbook", parts: [{ name: "runbook", value: result.runbook.total.median / 1000 }] },
      ]
    : [];

/** The results as one SVG: where a destroy's time goes, and what grows with the number of machines. */
export const plotsOf = ({ five, fiveWithLatency, curve = [] }: Results): string => {
  const line = (name: string, y: (point: (typeof curve)[number]) => number) => ({
    name,
    points: curve.map((point) => ({ x: point.machines, y: y(point) })),
  });
  return svg(
    {
      title: "Five machines: where the seconds go, and the runbook",
      unit: "s",
      bars: [...barsOf("destroy", five), ...barsOf("with latency", fiveWithLatency)],
    },
    [
      {
        title: "Ready in MAAS to row done",
        x: "machines",
        y: "s",
        series: [
          line("median", ({ delay }) => delay.median / 1000),
          line("slowest", ({ delay }) => delay.max / 1000),
        ],
      },
      {
        title: "MAAS requests a machine, whole destroy",
        x: "machines",
        y: "requests",
        series: [line("requests a machine", ({ requestsPerMachine }) => requestsPerMachine)],
      },
      {
        title: "Bytes from MAAS a machine, whole destroy",
        x: "machines",
        y: "kB",
        series: [line("kB a machine", ({ bytesPerMachine }) => bytesPerMachine / 1000)],
      },
      {
        title: "The provider's peak memory",
        x: "machines",
        y: "MB",
        series: [line("MB", ({ peakBytes }) => peakBytes / 1e6)],
      },
    ],
  );
};
