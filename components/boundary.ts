import type { dynamic } from "@pulumi/pulumi";
import { plain } from "../engine/engine.ts";
import { TeardownError } from "../errors.ts";
import { configure, rowTold } from "./provider-process.ts";

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
  const resumable = known && thrown.code === "interrupted" && !said.includes("pulumi destroy");
  const message = resumable
    ? `${said}\nNothing is lost: pulumi destroy   # takes up where this one stopped`
    : said;
  const error = new TeardownError(
    known ? thrown.code : "unexpected",
    known
      ? message
      : `unexpected, a defect of this project: ${message}\nNothing more was done here. Please report it; then: pulumi destroy   # takes up where this one stopped`,
    { cause: thrown },
  );
  error.stack = "see its own row";
  error.toString = () => `${subject} stopped`;
  return error;
};

/** A provider of one of our resources; all its methods are there. */
export type LabProvider<Inputs, State extends Inputs> = {
  create: (inputs: Inputs) => Promise<dynamic.CreateResult<State>>;
  diff: (olds: State, news: Inputs) => Promise<dynamic.DiffResult>;
  update: (olds: State, news: Inputs) => Promise<dynamic.UpdateResult<State>>;
  /** Only looks: what was recorded at `up` is never changed by a refresh, and never dropped. */
  read: (state: State) => Promise<void>;
  delete: (state: State) => Promise<void>;
};

/**
 * Makes a provider as Pulumi calls it, each method with a boundary around it.
 *
 * @param nameOf the resource's name in messages
 */
export const bounded = <Inputs extends { row: string }, State extends Inputs>(
  nameOf: (inputs: Inputs) => string,
  methods: LabProvider<Inputs, State>,
): dynamic.ResourceProvider<Inputs, State> => {
  const within = async <Result>(inputs: Inputs, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (thrown) {
      throw shown(nameOf(inputs), thrown);
    } finally {
      await rowTold(inputs.row);
    }
  };
  return {
    configure,
    create: (inputs) => within(inputs, () => methods.create(inputs)),
    diff: (_id, olds, news) => within(news, () => methods.diff(olds, news)),
    update: (_id, olds, news) => within(news, () => methods.update(olds, news)),
    read: async (id, state) => {
      if (!state) return { id };
      await within(state, () => methods.read(state));
      return { id, props: state };
    },
    delete: (_id, state) => within(state, () => methods.delete(state)),
  };
};
