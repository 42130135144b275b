import { effectOfStatus } from "../clients/maas.ts";
import type { RunEvent } from "../run/event.ts";
import { type DestroyEvents, lastAt, ms, ofKind } from "./events.ts";
import { runbookTime } from "./phases.ts";
import type { Bar, Mark, RunbookTime, Timeline } from "./report.ts";
import { deleted } from "./text.ts";

// States in which nothing goes on any more.
const endStates = new Set(["Ready", "gone", deleted]);

type BarKind = Bar["kind"];

/** What a state is in a release or in the model's destruction. A machine that falls back was not powered off. */
const kindOf = (event: RunEvent, begun: boolean): BarKind => {
  if (event.event === "model-state") return event.state === "alive" ? "before" : "under way";
  switch (event.event === "machine-state" ? effectOfStatus(event.to) : undefined) {
    case "releasing":
    case "erasing":
      return "under way";
    case "failed-retryable":
    case "not-releasable":
      return "problem";
    default:
      return begun ? "problem" : "before";
  }
};

/** The model's or a machine's way through one destroy; undefined when the destroy never came to it. */
const wayOf = (
  events: RunEvent[],
  end: string,
  resource: string,
  kind: "model" | "machine",
  runbook: RunbookTime | undefined,
): Timeline | undefined => {
  const first = events[0]?.at;
  if (first === undefined) return undefined;
  const bars: Bar[] = [];
  const marks: Mark[] = [];
  let open: Bar | undefined;
  let state = "";
  // The state that a machine falls back to when its release fails.
  let before = "";
  let begun = false;
  let ended: Pick<Timeline, "end" | "good"> | undefined;
  const close = (at: string) => {
    if (open) bars.push({ ...open, to: at });
    open = undefined;
  };
  const begin = (at: string, state: string, kind: BarKind) => {
    close(at);
    open = { from: at, to: at, state, kind, open: false };
  };
  const mark = (at: string, kind: Mark["kind"], text: string) => marks.push({ at, kind, text });

  for (const event of events) {
    const { at } = event;
    switch (event.event) {
      case "machine-state":
      case "model-state": {
        state = event.event === "machine-state" ? event.to : event.state;
        ended = undefined;
        if (endStates.has(state)) {
          close(at);
          mark(at, "good", state);
          break;
        }
        const is = kindOf(event, begun);
        begin(at, state, is);
        if (is === "problem") mark(at, "bad", state);
        if (is === "under way") begun = true;
        break;
      }
      case "release-called":
        before = state || before;
        state = "release sent";
        begin(at, event.attempt > 1 ? "release sent again" : "release sent", "asked");
        break;
      case "release-answered":
        if (event.kind === "accepted") break;
        state = before;
        begin(at, "waiting to try again", "problem");
        mark(at, "bad", `attempt ${event.attempt}: ${event.reason}`);
        break;
      case "destroy-model-called":
        mark(at, "note", event.attempt > 1 ? `destroy-model, call ${event.attempt}` : "destroy-model");
        break;
      case "remove-machines-called":
        mark(at, "bad", `machines ${event.ids.join(", ")} removed by force`);
        break;
      case "done":
        // The reaping goes on with a model that is dying.
        if (event.kind !== "model") close(at);
        ended = { end: state || "done", good: true };
        break;
      case "stopped": {
        close(at);
        mark(at, "bad", `stopped: ${event.code}`);
        const waiting = event.code === "interrupted" || event.code === "deadline";
        ended = { end: `${state || "stopped"}, ${waiting ? "waiting ended" : "stopped"}`, good: false };
        break;
      }
    }
  }
  if (open) bars.push({ ...(open as Bar), to: end, open: !ended });
  const isOver = endStates.has(state);
  ended ??= { end: isOver ? state : `${state || "asked"}, end not seen`, good: isOver };
  const last = [...bars.map(({ to }) => to), ...marks.map(({ at }) => at)].sort().at(-1) ?? first;
  return {
    resource,
    kind,
    bars,
    marks,
    took: Math.max(0, ms(last) - ms(bars[0]?.from ?? first)),
    ...ended,
    ...(runbook && { runbook }),
  };
};

/** The lines of one destroy's chart: guards, capture, the model, its machines in the run's order, exit criteria. */
export const timelinesOf = (
  { events, started: { settings } }: DestroyEvents,
  /** As `done` and `stopped` name it. */
  modelName: string,
  hostnames: string[],
): Timeline[] => {
  const end = lastAt(events);
  const check = (
    resource: "guards" | "capture" | "exit criteria",
    to: string,
    took: number,
    end: string,
    good: boolean,
  ): Timeline => {
    const runbook = runbookTime(resource, settings);
    const from = new Date(ms(to) - took).toISOString();
    return {
      resource,
      kind: "check",
      bars: [{ from, to, state: resource, kind: good ? "check" : "problem", open: false }],
      marks: [{ at: to, text: end, kind: good ? "good" : "bad" }],
      took,
      end,
      good,
      ...(runbook && { runbook }),
    };
  };
  const checks = events.flatMap((event) => {
    switch (event.event) {
      case "guards-passed":
        return check("guards", event.at, event.took, `${event.findings.length} passed`, true);
      case "guards-refused":
        return check("guards", event.at, event.took, "refused", false);
      case "captured":
        return check("capture", event.at, event.took, `${event.files.length} files`, true);
      case "capture-failed":
        return check("capture", event.at, event.took, "failed", false);
      default:
        return [];
    }
  });
  const exits = ofKind(events, "exit-criteria").map(({ at, met, took }) => {
    const since = ofKind(events, "done").at(-1)?.at ?? at;
    return check("exit criteria", at, took ?? ms(at) - ms(since), met ? "met" : "not met", met);
  });
  const isOf = (event: RunEvent, name: string) =>
    ("hostname" in event && event.hostname === name) || ("resource" in event && event.resource === name);
  const ofModel = events.filter(
    (event) => "uuid" in event || isOf(event, modelName) || isOf(event, "reaping"),
  );
  return [
    ...checks,
    ...[
      wayOf(ofModel, end, modelName, "model", runbookTime("model", settings)),
      ...hostnames.map((name) =>
        wayOf(
          events.filter((event) => isOf(event, name)),
          end,
          name,
          "machine",
          runbookTime("machine", settings),
        ),
      ),
    ].filter((timeline) => timeline !== undefined),
    ...exits,
  ];
};
