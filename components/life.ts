import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { TeardownError } from "../teardown/errors.ts";
import type { LabRecord } from "../teardown/record.ts";
import { plain } from "./engine/engine.ts";
import { configure, rowTold } from "./operation.ts";

/** What every resource of the lab has among its inputs and outputs: its URN, and the record, once there is one. */
export type State = { row: string; record?: LabRecord };

/** A resource's methods. `read` only looks: what was recorded at `up` is never changed by a refresh, and never dropped. */
export type Life<Own extends State> = {
  create: (inputs: Own) => Promise<dynamic.CreateResult<Own>>;
  diff: (olds: Own, news: Own) => Promise<dynamic.DiffResult>;
  update: (olds: Own, news: Own) => Promise<dynamic.UpdateResult<Own>>;
  read?: (state: Own) => Promise<void>;
  delete: (state: Own) => Promise<void>;
};

const nameOf = (row: string): string => row.split("::").at(-1) || "a resource of the lab";

const messageOf = (thrown: unknown): string => {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return "something that has no message was thrown";
  }
};

/**
 * Turns whatever was thrown into an error that Pulumi shows well. A thrown primitive, or a `toString` that throws, would
 * hang the engine for ever (engine.md 4); the SDK prints `${error}: ${error.stack}` on the stack's row, where one short line is enough.
 */
export const shown = (subject: string, thrown: unknown): TeardownError => {
  const known = thrown instanceof TeardownError;
  const said = plain(messageOf(thrown)) || "failed without a message";
  const error = new TeardownError(
    known ? thrown.code : "unexpected",
    known
      ? said
      : `internal error (please report it): ${said}\nNothing more was done here. To continue: pulumi destroy`,
    { cause: thrown },
  );
  error.stack = "see its own entry";
  error.toString = () => `${subject} stopped`;
  return error;
};

/** A provider as Pulumi calls it, each method with a boundary around it. */
export const bounded = <Own extends State>(methods: Life<Own>): dynamic.ResourceProvider => {
  const within = async <Result>({ row }: Own, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (thrown) {
      throw shown(nameOf(row ?? ""), thrown);
    } finally {
      await rowTold(row);
    }
  };
  return {
    configure,
    create: (inputs: Own) => within(inputs, () => methods.create(inputs)),
    diff: (_id: string, olds: Own, news: Own) => within(news, () => methods.diff(olds, news)),
    update: (_id: string, olds: Own, news: Own) => within(news, () => methods.update(olds, news)),
    read: async (id: string, state?: Own) => {
      if (state) await within(state, async () => await methods.read?.(state));
      return state ? { id, props: state } : { id };
    },
    delete: (_id: string, state: Own) => within(state, () => methods.delete(state)),
  };
};

/** Whether a resource is to be updated: anything of its inputs differs, its code in the state among them (engine.md 7.5). */
export const differs = (olds: State, news: State): boolean => {
  const before: Record<string, unknown> = { ...olds };
  return Object.entries(news).some(([key, value]) => !isDeepStrictEqual(before[key], value));
};

/** The record among a resource's inputs. @throws TeardownError `missing` when the adoption failed */
export const recordOf = ({ record }: State): LabRecord => {
  if (record) return record;
  throw new TeardownError("missing", "nothing was adopted; exit-criteria says why. Nothing was changed.");
};

/** The life in `up` of a resource that holds the record which ExitCriteria made. */
export const holdsRecord = <Own extends State>(id: (inputs: Own) => string) => ({
  create: async (inputs: Own): Promise<dynamic.CreateResult<Own>> => {
    recordOf(inputs);
    return { id: id(inputs), outs: inputs };
  },
  // In the preview of an `up` that changes the record it is unknown, and differs (engine.md 14).
  diff: async (olds: Own, news: Own): Promise<dynamic.DiffResult> => ({ changes: differs(olds, news) }),
  update: async (_olds: Own, news: Own): Promise<dynamic.UpdateResult<Own>> => {
    recordOf(news);
    return { outs: news };
  },
});
