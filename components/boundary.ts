import type { dynamic } from "@pulumi/pulumi";
import { TeardownError } from "../teardown/errors.ts";
import { plain } from "./engine/engine.ts";
import { tokenOf } from "./late-bound.ts";
import { configure, placeNow, rowTold } from "./provider-process.ts";
import { keptRow, urnOfRow } from "./row.ts";

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

type Row = { row: string };

/**
 * Makes a provider as Pulumi calls it, each method with a boundary around it. To the methods, `row` is the resource's URN; the
 * inputs bring what of it is unusual, and the state keeps it short.
 *
 * @param type the resource's type, as its class is called
 * @param nameOf the resource's name, in its URN and in messages
 * @param place `stack::project` of the operation, asked for when a program runs
 */
export const bounded = <Own extends object, Rest extends object>(
  type: string,
  nameOf: (own: Own) => string,
  methods: LabProvider<Own & Row, Own & Row & Rest>,
  place: () => Promise<string> = placeNow,
): dynamic.ResourceProvider => {
  type State = Own & Row & Rest;
  type News = Own & { parents?: string };
  const urn = (row: string, own: Own) => urnOfRow(row, tokenOf(type), nameOf(own));
  const placed = async ({ parents, ...news }: News): Promise<Own & Row> => {
    const own = news as unknown as Own;
    const here = await place();
    return { ...own, row: urn(parents === undefined ? here : `${here}::${parents}`, own) };
  };
  const opened = (state: State): State => ({ ...state, row: urn(state.row, state) });
  const kept = (state: State): State => ({ ...state, row: keptRow(state.row) });
  const within = async <Given extends Row, Result>(
    own: Own,
    given: () => Given | Promise<Given>,
    work: (inputs: Given) => Promise<Result>,
  ): Promise<Result> => {
    let row: string | undefined;
    try {
      const inputs = await given();
      row = inputs.row;
      return await work(inputs);
    } catch (thrown) {
      throw shown(nameOf(own), thrown);
    } finally {
      if (row !== undefined) await rowTold(row);
    }
  };
  return {
    configure,
    create: (news: News) =>
      within(
        news,
        () => placed(news),
        async (inputs) => {
          const { id, outs } = await methods.create(inputs);
          return { id, outs: outs && kept(outs) };
        },
      ),
    diff: (_id: string, olds: State, news: News) =>
      within(
        news,
        () => placed(news),
        (inputs) => methods.diff(opened(olds), inputs),
      ),
    update: (_id: string, olds: State, news: News) =>
      within(
        news,
        () => placed(news),
        async (inputs) => {
          const { outs } = await methods.update(opened(olds), inputs);
          return { outs: outs && kept(outs) };
        },
      ),
    read: async (id: string, state?: State) => {
      if (!state) return { id };
      await within(state, () => opened(state), methods.read);
      return { id, props: state };
    },
    delete: (_id: string, state: State) => within(state, () => opened(state), methods.delete),
  };
};
