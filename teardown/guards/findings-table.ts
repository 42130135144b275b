import type { Finding } from "../run/event.ts";
import { aligned, indent } from "../text/table.ts";

const mark: Record<Finding["verdict"], string> = { ok: "ok", note: "note", refused: "REFUSED" };

/** One aligned line a finding; a refusal is followed by what was expected and what to type next. */
export const findingsTable = (list: Finding[]): string => {
  const lines = aligned(
    list.map(({ verdict, guard, subject, found }) => [mark[verdict], guard, subject, found]),
  );
  return list
    .flatMap(({ expected, next }, at) => [
      lines[at] ?? "",
      ...(expected ? [indent(`expected: ${expected}`, 10)] : []),
      ...(next ? [indent(`next:     ${next.replaceAll("\n", "\n          ")}`, 10)] : []),
    ])
    .join("\n");
};

/** The refusals, as the message of an error: what was found, what is untouched, what to do. */
export const refusalMessage = (list: Finding[], untouched: string): string => {
  const refusals = list.filter(({ verdict }) => verdict === "refused");
  const passed = list.length - refusals.length;
  return [
    `${refusals.length === 1 ? "a guard refuses" : `${refusals.length} guards refuse`} (${passed} passed); ${untouched}`,
    findingsTable(refusals),
  ].join("\n");
};
