import type { RunEvent } from "../run/event.ts";
import { type DestroyEvents, lastAt, ms, ofKind } from "./destroys.ts";
import { normalRelease, normalTimes } from "./normal-times.ts";
import type { Bar, Lane, Mark, Normal } from "./report.ts";

type Stretch = Pick<Bar, "state" | "kind">;

// A state in which nothing goes on any more is an end, not a stretch.
const endStates = new Set(["Ready", "gone", "deleted from MAAS"]);
const isTrouble = (state: string) => /fail|broken|suspended/i.test(state);

/** Collects one resource's bars and marks in the order of its events. */
const laneBuilder = (began: string) => {
  const bars: Bar[] = [];
  const marks: Mark[] = [];
  let open: (Stretch & { from: string }) | undefined;
  let first = began;
  const close = (at: string, unseen = false) => {
    if (open) bars.push({ from: open.from, to: at, state: open.state, kind: open.kind, open: unseen });
    open = undefined;
  };
  return {
    begin: (at: string, stretch: Stretch) => {
      if (bars.length === 0 && !open && marks.length === 0) first = at;
      close(at);
      open = { ...stretch, from: at };
    },
    close,
    mark: (at: string, text: string, kind: Mark["kind"]) => void marks.push({ at, text, kind }),
    state: () => open?.state,
    lane: (resource: string, kind: Lane["kind"], end: string, good: boolean, normal?: Normal): Lane => {
      const last = [...bars.map(({ to }) => to), ...marks.map(({ at }) => at)].sort().at(-1) ?? first;
      const took = Math.max(0, ms(last) - ms(first));
      return { resource, kind, bars, marks, took, end, good, ...(normal && { normal }) };
    },
  };
};

/** A machine's or the model's way through one destroy; undefined when the destroy never came to it. */
const wayOf = (
  events: RunEvent[],
  end: string,
  resource: string,
  kind: "model" | "machine",
  normal: Normal | undefined,
): Lane | undefined => {
  if (events.length === 0) return undefined;
  const build = laneBuilder(events[0]?.at ?? end);
  let state = "";
  // The state that a machine falls back to when its release fails.
  let asIt = "";
  let good = false;
  let ended = "";
  for (const event of events) {
    const { at } = event;
    if (event.event === "machine-state" || event.event === "model-state") {
      state = event.event === "machine-state" ? event.to : event.state;
      if (endStates.has(state)) {
        build.close(at);
        build.mark(at, state, "good");
      } else if (isTrouble(state)) {
        build.begin(at, { state, kind: "trouble" });
        build.mark(at, state, "bad");
      } else {
        const begun = kind === "model" ? state !== "alive" : /releasing|erasing/i.test(state);
        build.begin(at, { state, kind: begun ? "under way" : "before" });
      }
    } else if (event.event === "release-called") {
      asIt = state || asIt;
      state = "release sent";
      build.begin(at, { state: event.attempt > 1 ? "release sent again" : "release sent", kind: "asked" });
    } else if (event.event === "release-answered" && event.kind !== "accepted") {
      state = asIt;
      build.begin(at, { state: "waiting to try again", kind: "trouble" });
      build.mark(at, `attempt ${event.attempt}: ${event.reason}`, "bad");
    } else if (event.event === "destroy-model-called") {
      build.mark(at, event.attempt > 1 ? `destroy-model, call ${event.attempt}` : "destroy-model", "note");
    } else if (event.event === "remove-machines-called") {
      build.mark(at, `machines ${event.ids.join(", ")} removed by force`, "bad");
    } else if (event.event === "done") {
      build.close(at);
      good = true;
      ended = state || "done";
    } else if (event.event === "stopped") {
      build.close(at);
      build.mark(at, `stopped: ${event.code}`, "bad");
      ended = `${state || "stopped"}, ${event.code === "interrupted" || event.code === "deadline" ? "waiting ended" : "stopped"}`;
    }
  }
  if (ended === "") {
    build.close(end, true);
    good = endStates.has(state);
    ended = good ? state : `${state || "asked"}, end not seen`;
  }
  return build.lane(resource, kind, ended, good, normal);
};

const span = (
  resource: string,
  from: string,
  to: string,
  end: string,
  good: boolean,
  normal: Normal,
): Lane => ({
  resource,
  kind: "check",
  bars: [{ from, to, state: resource, kind: good ? "check" : "trouble", open: false }],
  marks: [{ at: to, text: end, kind: good ? "good" : "bad" }],
  took: ms(to) - ms(from),
  end,
  good,
  normal,
});

const before = (at: string, took: number) => new Date(ms(at) - took).toISOString();

const checksBefore = (events: RunEvent[]): Lane[] =>
  events.flatMap((event) => {
    const { at } = event;
    if (event.event === "guards-passed")
      return [
        span(
          "guards",
          before(at, event.took),
          at,
          `${event.findings.length} passed`,
          true,
          normalTimes.guards,
        ),
      ];
    if (event.event === "guards-refused")
      return [span("guards", before(at, event.took), at, "refused", false, normalTimes.guards)];
    if (event.event === "captured")
      return [
        span("capture", before(at, event.took), at, `${event.files.length} files`, true, normalTimes.capture),
      ];
    if (event.event === "capture-failed")
      return [span("capture", before(at, event.took), at, "failed", false, normalTimes.capture)];
    return [];
  });

const exitCheck = (events: RunEvent[]): Lane[] =>
  ofKind(events, "exit-criteria").map(({ at, met, took }) => {
    const since = events.filter(({ event }) => event === "done").at(-1)?.at;
    const from = took === undefined ? (since ?? at) : before(at, took);
    return span("exit criteria", from, at, met ? "met" : "not met", met, normalTimes.exit);
  });

/**
 * The lines of one destroy's timeline: guards, capture, the model, its machines in the run's order, exit criteria.
 *
 * @param modelName as `done` and `stopped` name it
 */
export const lanesOf = (part: DestroyEvents, modelName: string, hostnames: string[]): Lane[] => {
  const { events, started } = part;
  const end = lastAt(events);
  const modelEvents = events.filter(
    (event) =>
      "uuid" in event ||
      ((event.event === "done" || event.event === "stopped") && event.resource === modelName),
  );
  const machine = (hostname: string) =>
    events.filter(
      (event) =>
        ("hostname" in event && event.hostname === hostname) ||
        ((event.event === "done" || event.event === "stopped") && event.resource === hostname),
    );
  const release = normalRelease(started.settings.erase);
  const lanes = [
    wayOf(modelEvents, end, modelName, "model", normalTimes.model),
    ...hostnames.map((hostname) => wayOf(machine(hostname), end, hostname, "machine", release)),
  ];
  return [...checksBefore(events), ...lanes.filter((lane) => lane !== undefined), ...exitCheck(events)];
};
