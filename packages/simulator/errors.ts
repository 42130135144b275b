import { z } from "zod";

/** A scenario, an option or a control operation that cannot be used; the message says why and is meant for whoever wrote it. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/**
 * A value that fits its schema.
 *
 * @param what is at fault when it does not, as in `The scenario`
 * @throws ScenarioError naming each field that cannot be used
 */
export const usable = <Value>(what: string, schema: z.ZodType<Value>, value: unknown): Value => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ScenarioError(`${what} cannot be used:\n${z.prettifyError(parsed.error)}`);
};

/** An operation of the control side, or a part of one. */
export const usableOperation = <Value>(schema: z.ZodType<Value>, value: unknown): Value =>
  usable("The control operation", schema, value);
