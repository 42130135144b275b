import type { Clock } from "../../../teardown/context.ts";
import type { World } from "./world.ts";

/** A provider process: once it was killed, nothing in it runs any more. */
export type WorldProcess = {
  alive: boolean;
  stopping: AbortController;
  clock: Clock;
  /** Called at the moment of sending what destroys; throws nothing, keeps what is wrong. */
  before: {
    release: (systemId: string) => void;
    destroyModel: (uuid: string) => void;
    removeMachines: (uuid: string, ids: readonly string[]) => void;
  };
};

/** Its time: the world's, for as long as it lives. */
export const processClock = (world: World, isAlive: () => boolean): Clock => ({
  now: world.clock.now,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        signal?.removeEventListener("abort", end);
        takeBack();
        if (isAlive()) resolve();
      };
      const takeBack = world.clock.after(ms, end);
      if (signal?.aborted) end();
      else signal?.addEventListener("abort", end, { once: true });
    }),
});

/** The time on the wire, in one direction. */
export const latency = (world: World): number => 5 + 400 * world.random() ** 3;

/** Hands over an answer, or throws it, after so many ms. */
export type Reply<Value> = (ms: number, answer: () => Value) => void;

/**
 * One question to the outside and its answer. What is sent by a process that is killed just then, or that no longer wants to know,
 * arrives all the same, or not.
 */
export const exchange = <Value>(
  world: World,
  process: WorldProcess,
  signal: AbortSignal,
  arrives: (reply: Reply<Value>, isOpen: () => boolean) => void,
  aborted: () => Value,
): Promise<Value> =>
  new Promise<Value>((resolve, reject) => {
    let open = true;
    const settle = (answer: () => Value) => {
      if (!open || !process.alive) return;
      open = false;
      signal.removeEventListener("abort", onAbort);
      try {
        resolve(answer());
      } catch (error) {
        reject(error);
      }
    };
    const onAbort = () => settle(aborted);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const isOpen = () => open && process.alive;
    world.clock.after(latency(world), () => {
      if (!isOpen() && world.random() < 0.5) return;
      arrives((ms, answer) => world.clock.after(ms, () => settle(answer)), isOpen);
    });
  });
