import type { Context } from "./context.ts";
import { TeardownError } from "./errors.ts";
import { observeLab, type Problem } from "./observe.ts";
import type { LabRecord } from "./record.ts";

const complain = (problems: Problem[]): TeardownError =>
  new TeardownError(
    "missing",
    [
      `the lab cannot be adopted as it is: ${problems.length === 1 ? "one thing is" : `${problems.length} things are`} missing; nothing was changed`,
      ...problems.flatMap(({ subject, found, next }) => [`  ${subject} ${found}`, `      ${next}`]),
    ].join("\n"),
  );

/**
 * Finds today's lab and takes down its identities. It only looks.
 *
 * What is missing today but was recorded in a teardown that has begun is taken from there: an `up` between two destroys must
 * not be stopped by what the first of them has already destroyed.
 *
 * @param begun the lab of an open run in which something was destroyed
 * @throws TeardownError `missing`, which says how to adopt what is left of a lab that was half destroyed by hand
 */
export const adoptLab = async (context: Context, begun: LabRecord | undefined): Promise<LabRecord> => {
  const seen = await observeLab(context, "identities");
  const known = new Map(begun?.machines.map((machine) => [machine.hostname, machine]));
  const inTheWay = seen.problems.filter(({ hostname, model }) => {
    if (model && begun) return false;
    if (hostname && known.has(hostname)) return false;
    return !(context.settings.adoptPartial.includes("gone") && model);
  });
  if (inTheWay.length > 0) throw complain(inTheWay);
  const { model } = seen;
  const today = new Map(
    seen.machines.filter(({ listed }) => listed).map((machine) => [machine.hostname, machine]),
  );
  return {
    ...(model
      ? {
          model: {
            name: model.name,
            uuid: model.uuid,
            controller: model.controller,
            controllerUuid: model.controllerUuid,
          },
        }
      : begun?.model && { model: begun.model }),
    maasUrl: seen.maasUrl,
    machines: context.settings.machines.flatMap((hostname) => {
      const machine = today.get(hostname);
      const before = known.get(hostname);
      // A machine that the teardown has released already has no owner any more; the one it had stays on record.
      if (machine && before?.systemId === machine.systemId) return [before];
      if (machine) return [{ hostname, systemId: machine.systemId, owner: machine.owner }];
      return before ? [before] : [];
    }),
  };
};
