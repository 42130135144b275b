import type { JujuModel } from "./clients/juju.ts";
import type { Settings } from "./config/settings.ts";
import { TeardownError } from "./errors.ts";
import { type Finding, note, refused } from "./guards/finding.ts";
import { judgeMaas, judgeSimulation } from "./guards/guards.ts";
import { judgeJuju, limitsOf, wholeOf } from "./guards/model-guard.ts";
import { findingsTable } from "./guards/say.ts";
import type { LabRecord, MachineRecord } from "./record.ts";
import type { JujuSurvey, Survey } from "./survey.ts";
import { count } from "./text/table.ts";

/** What `up` would write down today, and what speaks against it. */
export type Adoption = { record: LabRecord; findings: Finding[] };

/** Whether two names differ by at most two letters that were added, left out, changed or swapped. */
const isSimilar = (one: string, other: string): boolean => {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, its] of [...other].entries()) {
      const swapped = i > 0 && j > 0 && letter === other[j - 1] && its === one[i - 1];
      next.push(
        Math.min(
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
          (row[j] ?? 0) + (letter === its ? 0 : 1),
          swapped ? (before[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return (row.at(-1) ?? 0) <= 2;
};

const modelToAdopt = (juju: JujuSurvey, settings: Settings): { model?: JujuModel; findings: Finding[] } => {
  const { controller, named, unexplained } = juju;
  const name = settings.jujuModel;
  const [model] = named;
  if (named.length > 1)
    return { findings: [refused({ code: "model-ambiguous", name, found: named.map((each) => each.name) })] };
  if (!model) {
    const missing = { code: "model-not-found", name, controller, unexplained } as const;
    if (!settings.adoptPartial.includes("gone")) return { findings: [refused(missing)] };
    if (wholeOf(juju) !== undefined) return { findings: [note(missing)] };
    const why =
      unexplained.join("; ") ||
      "the list lacks even the controller's own model: this user may not see all models";
    return { findings: [refused({ code: "model-unclear", name, controller, why })] };
  }
  const { uuid } = model;
  if (model.isController)
    return { findings: [refused({ code: "model-is-controllers", name: model.name, uuid })] };
  const { noAdmin, unproven } = limitsOf(juju, model);
  return { model, findings: [...unproven, ...noAdmin].map(note) };
};

/**
 * What of the lab that a survey saw is to be recorded. Pure.
 *
 * What is missing today but was recorded in a teardown that has begun is taken from there: an `up` between two destroys must
 * not be stopped by what the first of them has already destroyed.
 *
 * @param begun the lab of an open run in which something was destroyed
 */
export const adoption = (
  { juju, maas }: Survey,
  settings: Settings,
  begun: LabRecord | undefined,
): Adoption => {
  const record: LabRecord = { maasUrl: maas.url, machines: [] };
  const findings: Finding[] = [
    ...(juju.answered ? [] : judgeJuju(juju, undefined, settings)),
    ...(maas.answered ? [] : judgeMaas(settings, record, maas)),
  ];
  let adopted: JujuModel | undefined;
  if (juju.answered) {
    const { model, findings: found } = modelToAdopt(juju, settings);
    adopted = model;
    // The first destroy has destroyed it already.
    const isExpected = (code: Finding["code"]) => code === "model-not-found" || code === "model-unclear";
    findings.push(...found.filter(({ code }) => !(begun && isExpected(code))));
    if (model) {
      const { name, uuid, controllerUuid } = model;
      record.model = { name, uuid, controller: juju.controller, controllerUuid };
    } else if (begun?.model) record.model = begun.model;
  }
  if (maas.answered) {
    findings.push(...judgeSimulation(settings, maas));
    if (!maas.isAdmin)
      findings.push(note({ code: "key-sees-own-only", url: maas.url, username: maas.username }));
    const known = new Map(begun?.machines.map((machine) => [machine.hostname, machine]));
    for (const hostname of settings.machines) {
      const seen = maas.machines.find((machine) => machine.hostname === hostname);
      const before = known.get(hostname);
      if (!seen && before) record.machines.push(before);
      else if (!seen) {
        const similar = maas.machines.find(
          (machine) => !settings.machines.includes(machine.hostname) && isSimilar(machine.hostname, hostname),
        );
        findings.push(
          refused({
            code: "machine-not-found",
            hostname,
            machine: hostname,
            ...(similar && { similar: similar.hostname }),
          }),
        );
      } else {
        const { systemId } = seen;
        const its = seen.ownerData["juju-model-uuid"];
        if (adopted && its && its !== adopted.uuid && before?.systemId !== systemId)
          findings.push(
            refused({
              code: "machine-of-other-model",
              hostname,
              systemId,
              machine: hostname,
              its,
              expected: adopted.uuid,
            }),
          );
        // A machine that the teardown has released already has no owner any more; the one it had stays on record.
        const today: MachineRecord = { hostname, systemId, owner: seen.owner ?? "" };
        record.machines.push(before?.systemId === systemId ? before : today);
      }
    }
  }
  return { record, findings };
};

/**
 * What stands in the way of recording today's lab and destroying it, each thing once: what cannot be adopted is not judged besides.
 */
export const todaysFindings = ({ findings }: Adoption, judged: Finding[]): Finding[] => {
  const codes = new Set(judged.map(({ code }) => code));
  const absent = new Set(
    findings.flatMap((each) => (each.code === "machine-not-found" ? [each.hostname] : [])),
  );
  const hasModel = !findings.some(
    ({ code }) =>
      code === "model-not-found" ||
      code === "model-unclear" ||
      code === "model-ambiguous" ||
      code === "model-is-controllers",
  );
  return [
    ...findings.filter(({ code }) => !codes.has(code)),
    ...judged.filter(
      (each) =>
        !(each.code === "not-adopted" && absent.has(each.hostname)) &&
        !((each.code === "model-gone-at-up" || each.code === "model-rebuilt") && !hasModel),
    ),
  ];
};

/**
 * The record to keep.
 *
 * @throws TeardownError `missing`, which says how to adopt what is left of a lab that was half destroyed by hand; `juju` or `maas`
 * when one of them gave no answer
 */
export const mustBeAdoptable = ({ record, findings }: Adoption, settings: Settings): LabRecord => {
  const missing = findings.filter(({ verdict }) => verdict === "refused");
  if (missing.length === 0) return record;
  const codes = new Set(missing.map(({ code }) => code));
  const silent = codes.has("juju-failed") ? "juju" : codes.has("maas-failed") ? "maas" : undefined;
  throw new TeardownError(
    silent ?? "missing",
    `the lab cannot be adopted as it is: ${count(missing.length, "finding")}; nothing was changed\n${findingsTable(missing, settings)}`,
  );
};
