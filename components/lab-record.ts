import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { type KeptLab, keptLab, openedLab, type RecordedLab } from "../teardown/run/recorded-lab.ts";
import { adoptedLab, isUp, rowOf } from "./provider-process.ts";
import { sameInputs } from "./same.ts";

/** What the resources that keep the whole lab's record have in common: Preflight, JujuModel and ExitCriteria. */
export type LabInputs = { jujuModel: string };
export type LabRecord = { lab: KeptLab };
export type LabState = LabInputs & LabRecord & { row: string };
type Located = LabInputs & { row: string };

/** Says on a row when the lab that was recorded is no longer today's. */
const tellChange = (row: string, before: KeptLab, now: RecordedLab): void => {
  if (before.model?.uuid !== now.model?.uuid) {
    rowOf(row).warn(
      `records another model now: ${now.model?.uuid ?? "none"} (was ${before.model?.uuid ?? "none"})`,
    );
  }
};

/** Adopts anew what `up` finds today. */
const adoptAnew = async (olds: LabState, news: Located): Promise<dynamic.UpdateResult<LabState>> => {
  const lab = await adoptedLab(news.row);
  tellChange(news.row, olds.lab, lab);
  return { outs: { ...news, lab: keptLab(lab) } };
};

/** Changed inputs, or a lab that is no longer the recorded one; never a replacement. */
const compare = async (olds: LabState, news: Located): Promise<dynamic.DiffResult> => {
  if (!sameInputs(olds, news, ["jujuModel"])) return { changes: true };
  if (!(await isUp())) return { changes: false };
  const recorded = openedLab(olds.lab);
  // What cannot be looked at is not changed; the preview's table says why it cannot.
  const today = await adoptedLab(news.row).catch(() => recorded);
  return { changes: !isDeepStrictEqual(today, recorded) };
};

/** The life in `up` of a resource that keeps the lab's record: it is found and recorded, and nothing is changed in the lab. */
export const keepsRecord = (id: string) => ({
  create: async (inputs: Located): Promise<dynamic.CreateResult<LabState>> => ({
    id,
    outs: { ...inputs, lab: keptLab(await adoptedLab(inputs.row)) },
  }),
  diff: compare,
  update: adoptAnew,
});
