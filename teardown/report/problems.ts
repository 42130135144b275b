import { sayFindings } from "../guards/say.ts";
import type { RunEvent } from "../run/event.ts";
import { isClosed } from "../run/journal.ts";
import { lastAt } from "./events.ts";
import type { CaptureCheck, Destroy, JournalCheck, Problem } from "./report.ts";

type Raw = Omit<Problem, "solved" | "destroy">;

const split = (message: string): Pick<Problem, "found" | "more"> => {
  const [found = "", ...more] = message.split("\n");
  return { found, more };
};

const problemsIn = (event: RunEvent): Raw[] => {
  const { at } = event;
  switch (event.event) {
    case "guards-refused":
      return sayFindings(
        event.findings.filter(({ verdict }) => verdict === "refused"),
        {},
      ).map(({ guard, subject, found, expected, next }) => {
        const more = [...(expected ? [`expected: ${expected}`] : []), ...(next ? next.split("\n") : [])];
        return { kind: "guard", at, resources: [subject], code: guard, found, more };
      });
    case "capture-failed":
      return [{ kind: "capture", at, resources: ["capture"], code: "capture", ...split(event.why) }];
    case "stopped":
      return [
        { kind: "stopped", at, resources: [event.resource], code: event.code, ...split(event.message) },
      ];
    case "interrupted":
      return [
        {
          kind: "interrupted",
          at,
          resources: ["destroy"],
          code: event.reason?.why ?? "interrupted",
          found: event.why,
          more: ["pulumi destroy   # continues where this one stopped"],
        },
      ];
    case "exit-criteria":
      return event.met
        ? []
        : [
            {
              kind: "exit criteria",
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
  kind: "cut off",
  at: lastAt(events),
  resources: ["destroy"],
  code: "cut off",
  found: "the journal stops abruptly: the engine, its provider or their host was killed",
  more: [
    "What MAAS and Juju had begun went on by itself. To continue where it stopped:",
    "pulumi cancel --yes   # releases the killed engine's lock",
    "pulumi destroy",
  ],
});

/** What is the same for several resources is said once. */
const together = (list: Raw[]): Raw[] => {
  const known = new Map<string, Raw>();
  for (const problem of list) {
    const key = [problem.code, problem.found, ...problem.more].join("\n");
    const same = known.get(key);
    if (same) same.resources = [...new Set([...same.resources, ...problem.resources])];
    else known.set(key, { ...problem });
  }
  return [...known.values()];
};

/**
 * All that went wrong, in its order, each with what to do.
 *
 * @param parts each destroy with its events
 */
export const problemsOf = (parts: { destroy: Destroy; events: RunEvent[] }[]): Problem[] => {
  const closed = parts.some(({ events }) => isClosed(events));
  return parts.flatMap(({ destroy, events }, at) => {
    const later = parts.slice(at + 1).flatMap((part) => part.events);
    const done = new Set(later.flatMap((event) => (event.event === "done" ? [event.resource] : [])));
    const has = (name: RunEvent["event"]) => later.some(({ event }) => event === name);
    const isSolved = ({ kind, resources }: Raw): boolean =>
      closed ||
      (kind === "guard" && has("guards-passed")) ||
      (kind === "capture" && has("captured")) ||
      (kind === "cut off" && later.length > 0) ||
      resources.every((resource) => done.has(resource));
    const raw = events.flatMap(problemsIn);
    return together(destroy.outcome === "cut off" ? [...raw, cutOff(events)] : raw).map((problem) => ({
      ...problem,
      destroy: destroy.number,
      solved: isSolved(problem),
    }));
  });
};

/** A backup that is no longer what was captured, and a journal that is no longer what was written. */
export const changedSince = (
  { capture, journal, now }: { capture: CaptureCheck; journal: JournalCheck; now: string },
  destroy: number,
): Problem[] => {
  const problem = (kind: "backup" | "journal", found: string, more: string[]): Problem => ({
    kind,
    at: now,
    destroy,
    resources: [kind],
    code: kind,
    found,
    more,
    solved: false,
  });
  return [
    ...capture.problems.map((found) =>
      problem("backup", found, [
        "It was as the journal says when it was captured, and was changed in the run directory afterwards.",
        "Do not compare the new bundle with it; look for another copy (a snapshot, the host's own backup).",
      ]),
    ),
    ...(journal.broken === undefined
      ? []
      : [
          problem("journal", journal.broken, [
            "This report says what the journal says now. Look for another copy (a snapshot, the host's own backup).",
          ]),
        ]),
  ];
};
