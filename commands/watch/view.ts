import { sayDuration } from "../../teardown/config/duration.ts";
import { timeOfDay } from "../../teardown/progress.ts";
import type { RunFacts } from "../../teardown/report/read-run.ts";
import type { Outcome } from "../../teardown/report/report.ts";
import { outcomeWords } from "../../teardown/report/text.ts";
import type { RunEvent } from "../../teardown/run/event.ts";
import type { TypicalDurations } from "../../teardown/run/typical-durations.ts";
import { aligned, oneLine } from "../../teardown/text/table.ts";

/** What the model or a machine is in, by the journal. */
type Standing = { state: string; at: string; waitsFor: string };

const machineWaits: Record<string, string> = {
  Releasing: "MAAS to power it off",
  "Disk erasing": "MAAS to erase its disks",
  "Releasing failed": "its release, tried again",
};

/** The step of the latest destroy that concerns the whole lab. */
const step = (events: RunEvent[]): Standing => {
  let now: Standing = { state: "", at: "", waitsFor: "" };
  const enter = (at: string, state: string, waitsFor: string): void => {
    now = { state, at, waitsFor };
  };
  for (const event of events) {
    const { at } = event;
    switch (event.event) {
      case "destroy-started":
        enter(at, "asking the guards", "Juju and MAAS to answer");
        break;
      case "guards-passed":
        enter(at, "guards passed", "the capture");
        break;
      case "guards-refused":
        enter(at, "guards refused", "");
        break;
      case "capture-started":
        enter(at, "capturing", "juju export-bundle");
        break;
      case "captured":
        enter(at, "captured", "");
        break;
      case "capture-failed":
        enter(at, "capture failed", "");
        break;
      case "snapshot-started":
        enter(at, "taking the snapshot", event.command[0] ?? "");
        break;
      case "snapshot-ended":
        enter(at, event.exitCode === 0 ? "snapshot taken" : "snapshot failed", "");
        break;
      case "destroy-model-called":
      case "release-called":
        enter(at, "destroying", "");
        break;
      case "exit-criteria":
        enter(at, event.met ? "exit criteria met" : "exit criteria not met", "");
        break;
    }
  }
  return now;
};

const modelStanding = (events: RunEvent[], uuid: string): Standing => {
  let now: Standing = { state: "-", at: "", waitsFor: "" };
  for (const event of events) {
    if (!("uuid" in event) || event.uuid !== uuid) continue;
    const { at } = event;
    if (event.event === "model-state") {
      const dying = event.text || "Juju to remove machines";
      now = { state: event.state, at, waitsFor: event.state === "gone" ? "" : dying };
    } else if (event.event === "destroy-model-called") now = { ...now, waitsFor: "juju destroy-model" };
    else if (event.event === "remove-machines-called")
      now = { ...now, waitsFor: `machines ${event.ids.join(", ")}, removed by force` };
  }
  return now;
};

const machineStanding = (events: RunEvent[], systemId: string, modelWaits: boolean): Standing => {
  let now: Standing = { state: "-", at: "", waitsFor: modelWaits ? "the model to be dying" : "" };
  for (const event of events) {
    if (!("systemId" in event) || event.systemId !== systemId) continue;
    const { at } = event;
    if (event.event === "machine-state")
      now = { state: event.to, at, waitsFor: event.to === "Ready" ? "" : (machineWaits[event.to] ?? "") };
    else if (event.event === "release-called") now = { ...now, waitsFor: "MAAS to take the release" };
    else if (event.event === "release-answered")
      now = {
        ...now,
        waitsFor:
          event.kind === "accepted"
            ? (machineWaits[now.state] ?? "MAAS to begin")
            : `another try: ${event.reason}`,
      };
  }
  return now;
};

/** What a resource stopped with in the latest destroy. */
const stoppedWith = (events: RunEvent[], resource: string): string | undefined => {
  const last = events.findLast(
    (event) => (event.event === "stopped" || event.event === "done") && event.resource === resource,
  );
  return last?.event === "stopped" ? `stopped (${last.code}): ${last.message.split("\n")[0]}` : undefined;
};

/** A duration in little room: 3:05, 1:02:03. */
const brief = (ms: number): string => {
  const all = Math.round(Math.max(0, ms) / 1_000);
  const [hours, minutes, seconds] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60, all % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
};

const columns = 80;
const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`;

/** A run as it stands, in 80 columns. */
export const view = (
  run: { events: RunEvent[]; facts: RunFacts },
  { now, outcome, typical }: { now: number; outcome: Outcome; typical: TypicalDurations },
): string => {
  const { events, facts } = run;
  const opened = events.find((event) => event.event === "run-opened");
  const begun = events.findLastIndex((event) => event.event === "destroy-started");
  const latest = begun < 0 ? [] : events.slice(begun);
  const [started] = latest;
  const destroys = events.filter(({ event }) => event === "destroy-started").length;
  const model = opened?.event === "run-opened" ? opened.model : undefined;
  const machines = opened?.event === "run-opened" ? opened.machines : [];
  const ofModel = model && modelStanding(events, model.uuid);
  const modelWaits = ofModel !== undefined && (ofModel.state === "-" || ofModel.state === "alive");
  const isOver = outcome !== "under way";
  const line = (
    name: string,
    { state, at, waitsFor }: Standing,
    typical: number | undefined,
    end: string,
    stopped: string | undefined,
  ): string[] => [
    cut(oneLine(name), 20),
    cut(state, 16),
    at ? timeOfDay(Date.parse(at)) : "",
    at && state !== end && !isOver ? brief(now - Date.parse(at)) : "",
    typical === undefined ? "" : brief(typical),
    isOver || stopped ? (stopped ?? "") : waitsFor,
  ];
  const rows = [
    ["", "state", "since", "for", "typical", isOver ? "stopped by" : "waits for"],
    ...(model && ofModel
      ? [
          line(
            model.name,
            ofModel,
            typical.model,
            "gone",
            stoppedWith(latest, "reaping") ?? stoppedWith(latest, model.name),
          ),
        ]
      : []),
    ...machines.map(({ hostname, systemId }) =>
      line(
        hostname,
        machineStanding(events, systemId, modelWaits),
        typical.machine,
        "Ready",
        stoppedWith(latest, hostname),
      ),
    ),
  ];
  const { state, at, waitsFor } = step(latest);
  const elapsed = started ? Math.max(0, now - Date.parse(started.at)) : 0;
  return [
    facts.directory.split("/").at(-1) ?? "",
    ...(started?.event === "destroy-started" && opened?.event === "run-opened"
      ? [
          `${opened.project}/${opened.stack}: destroy ${destroys} by ${started.user}@${started.host}${isOver ? "" : `, for ${sayDuration(elapsed)}`}`,
        ]
      : []),
    ...(state
      ? [`${state} since ${timeOfDay(Date.parse(at))}${waitsFor && !isOver ? `; waits for ${waitsFor}` : ""}`]
      : []),
    "",
    ...aligned(rows),
    ...(isOver ? ["", outcomeWords[outcome]] : []),
  ]
    .map((each) => cut(oneLine(each) && each, columns))
    .join("\n");
};
