import type { DestroyAnswer, DestroyOptions } from "../../../teardown/clients/juju.ts";
import { exchange, type WorldProcess } from "./process.ts";
import type { JujuTrouble } from "./scenario.ts";
import type { World } from "./world.ts";
import { takeDestroy } from "./world-models.ts";

type Call = {
  world: World;
  process: WorldProcess;
  uuid: string;
  options: DestroyOptions;
  isTroubled: () => JujuTrouble | undefined;
};

/** One `juju destroy-model`: waits until the model is gone, whatever it was told, unless something goes wrong. */
export const destroyModelIn = ({
  world,
  process,
  uuid,
  options,
  isTroubled,
}: Call): Promise<DestroyAnswer> => {
  let accepted = false;
  const stopped = (by: "limit" | "abort" | "signal"): DestroyAnswer => ({
    kind: "stopped",
    by,
    accepted,
    reason: by,
  });
  const answered = exchange<DestroyAnswer>(
    world,
    process,
    options.signal,
    (reply, isOpen) => {
      reply(options.limit, () => stopped("limit"));
      const model = world.models.get(uuid);
      const wrong = isTroubled();
      if (wrong === "hangs") return;
      if (wrong === "unreachable")
        return reply(2_000, () => ({
          kind: "failed",
          reason: "unable to connect to API",
          cause: "unreachable",
          problem: { kind: "unreachable", command: "juju destroy-model", said: [] },
        }));
      if (wrong === "logged-out")
        return reply(100, () => ({ kind: "refused", reason: "not logged in", cause: "not-logged-in" }));
      if (!model) return reply(100, () => ({ kind: "not-found", reason: "model not found" }));
      if (world.blocked) {
        const reason = "the operation has been blocked; run juju enable-command destroy-model";
        return reply(100, () => ({ kind: "refused", reason, cause: "disabled" }));
      }
      const fault = world.destroyFaults.shift();
      if (fault?.kind === "failed" || wrong === "fails")
        return reply(500, () => ({ kind: "failed", reason: "state changing too quickly", cause: "failed" }));
      if (!(fault && "taken" in fault && !fault.taken)) {
        takeDestroy(world, model);
        accepted = true;
      }
      if (fault?.kind === "lost")
        reply(fault.after, () => ({ kind: "lost-connection", reason: "connection is shut down" }));
      if (fault?.kind === "killed") reply(fault.after, () => stopped("signal"));
      if (fault?.kind === "says-gone") reply(fault.after, () => ({ kind: "reported-gone" }));
      if (fault?.kind === "silent" && !fault.taken) return;
      const tell = () => {
        if (!isOpen()) return;
        const { size: machines } = model.machines;
        const { applications } = model;
        options.onProgress({ machines, applications, errors: 0, volumes: 0, filesystems: 0, text: "" });
        world.clock.after(20_000, tell);
      };
      if (accepted) world.clock.after(1_000, tell);
      const gone = () => {
        if (world.models.has(uuid)) return;
        world.atTurn.delete(gone);
        reply(500, () => ({ kind: "reported-gone" }));
      };
      world.atTurn.add(gone);
    },
    () => stopped("abort"),
  );
  return answered;
};
