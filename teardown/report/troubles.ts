import type { RunEvent } from "../run/event.ts";
import { isClosed } from "../run/journal.ts";
import { lastAt } from "./destroys.ts";
import type { CaptureCheck, Destroy, Trouble } from "./report.ts";

type Raw = Omit<Trouble, "solved" | "destroy">;

const split = (message: string): Pick<Trouble, "found" | "more"> => {
  const [found = "", ...more] = message.split("\n");
  return { found, more };
};

const troublesIn = (event: RunEvent): Raw[] => {
  const { at } = event;
  switch (event.event) {
    case "guards-refused":
      return event.findings
        .filter(({ verdict }) => verdict === "refused")
        .map(({ guard, subject, found, expected, next }) => ({
          at,
          resources: [subject],
          code: `guard: ${guard}`,
          found,
          more: [...(expected ? [`expected: ${expected}`] : []), ...(next ? next.split("\n") : [])],
        }));
    case "capture-failed":
      return [{ at, resources: ["capture"], code: "capture", ...split(event.why) }];
    case "stopped":
      return [{ at, resources: [event.resource], code: event.code, ...split(event.message) }];
    case "interrupted":
      return [
        {
          at,
          resources: ["destroy"],
          code: "interrupted",
          found: event.why,
          more: ["pulumi destroy   # continues where this one stopped"],
        },
      ];
    case "exit-criteria":
      return event.met
        ? []
        : [
            {
              at,
              resources: ["exit criteria"],
              code: "exit-criteria",
              found: "the exit criteria are not met",
              more: event.criteria.flatMap(({ met, subject, found, next }) =>
                met ? [] : [`${subject}: ${found}`, ...(next ? [next] : [])],
              ),
            },
          ];
    default:
      return [];
  }
};

const cutOff = (events: RunEvent[]): Raw => ({
  at: lastAt(events),
  resources: ["destroy"],
  code: "cut off",
  found: "the journal ends without a word: the engine, its provider or their host was killed",
  more: [
    "What MAAS and Juju had begun went on by itself. To take up where it stopped:",
    "pulumi cancel --yes   # gives the killed engine's lock back",
    "pulumi destroy",
  ],
});

/** The same words about several resources are told once. */
const together = (list: Raw[]): Raw[] => {
  const known = new Map<string, Raw>();
  for (const trouble of list) {
    const key = [trouble.code, trouble.found, ...trouble.more].join("\n");
    const same = known.get(key);
    if (same) same.resources = [...new Set([...same.resources, ...trouble.resources])];
    else known.set(key, { ...trouble });
  }
  return [...known.values()];
};

/**
 * All that went wrong, in its order, each with what to do.
 *
 * @param parts each destroy with its events
 */
export const troublesOf = (parts: { destroy: Destroy; events: RunEvent[] }[]): Trouble[] => {
  const closed = parts.some(({ events }) => isClosed(events));
  return parts.flatMap(({ destroy, events }, at) => {
    const later = parts.slice(at + 1).flatMap((part) => part.events);
    const done = new Set(later.flatMap((event) => (event.event === "done" ? [event.resource] : [])));
    const passed = later.some(({ event }) => event === "guards-passed");
    const captured = later.some(({ event }) => event === "captured");
    const raw = events.flatMap(troublesIn);
    // A capture that failed and was taken all the same, in the same destroy, is no trouble any more either.
    const list = destroy.outcome === "cut off" ? [...raw, cutOff(events)] : raw;
    return together(list).map((trouble) => ({
      ...trouble,
      destroy: destroy.number,
      solved:
        closed ||
        (trouble.code.startsWith("guard") && passed) ||
        (trouble.code === "capture" && captured) ||
        (trouble.code === "cut off" && later.length > 0) ||
        trouble.resources.every((resource) => done.has(resource)),
    }));
  });
};

/** A backup that no longer is what was captured. */
export const captureTroubles = (capture: CaptureCheck, destroy: number): Trouble[] =>
  capture.problems.map((found) => ({
    at: capture.checked,
    destroy,
    resources: ["backup"],
    code: "capture",
    found,
    more: [
      "It was as the journal says when it was captured, and was changed in the run directory afterwards.",
      "Do not compare the new bundle with it; look for another copy (a snapshot, the host's own backup).",
    ],
    solved: false,
  }));
