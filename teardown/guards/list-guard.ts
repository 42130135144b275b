import type { Settings } from "../config/settings.ts";
import type { LabRecord } from "../record.ts";
import type { Finding } from "../run/event.ts";
import { ok, refused } from "./finding.ts";

/** How a machine leaves a stack without being released. `urn` is the machine's, when it is known. */
export const takeOut = (hostname: string, urn = `<URN of ${hostname}>`): string =>
  [
    `to release it too:          put ${hostname} back on the list \`machines\`, then: pulumi up && pulumi destroy`,
    `to keep it as it is:        pulumi up   # is refused once, and that is expected; then:`,
    `                            pulumi state delete '${urn}' --yes`,
  ].join("\n");

/** The machines in the stack's state and those on today's list are the same: a machine off the list is not to be touched. */
export const listGuard = (settings: Settings, lab: LabRecord): Finding[] => {
  const inState = new Set(lab.machines.map(({ hostname }) => hostname));
  const listed = new Set(settings.machines);
  const off = [...inState].filter((hostname) => !listed.has(hostname));
  const missing = [...listed].filter((hostname) => !inState.has(hostname));
  return [
    ...off.map((machine) =>
      refused("list", machine, "is in the stack but no longer on the list `machines`; it is not touched", {
        expected: "the same machines in the stack and on the list",
        next: takeOut(machine),
        machine,
      }),
    ),
    ...missing.map((machine) =>
      refused("list", machine, "is on the list `machines` but was never adopted", {
        expected: "the same machines in the stack and on the list",
        next: "pulumi up   # adopts it; then: pulumi preview",
      }),
    ),
    ...(off.length + missing.length === 0
      ? [ok("list", `${listed.size} machines`, "the same in the stack and on the list")]
      : []),
  ];
};
