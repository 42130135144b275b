import { z } from "zod";
import { maasError } from "./errors.ts";
import { isHtml } from "./failures.ts";
import type { HttpAnswer } from "./transport.ts";
import type { Wire } from "./wire.ts";

/** `GET version/`; the simulated MAAS of this project says so in its `subversion`. */
export const versionSchema: z.ZodType<{ version: string; simulated: boolean }> = z
  .object({ version: z.string(), subversion: z.string().nullish() })
  .transform(({ version, subversion }) => ({ version, simulated: subversion === "simulated" }));

/** `GET users/?op=whoami` */
export const whoamiSchema: z.ZodType<{ username: string; isAdmin: boolean }> = z
  .object({ username: z.string().min(1), is_superuser: z.boolean() })
  .transform((user) => ({ username: user.username, isAdmin: user.is_superuser }));

/** `GET events/?op=query` */
export const eventsSchema: z.ZodType<
  { level: string; type: string; description: string; created: string }[]
> = z
  .object({
    events: z.array(
      z.object({
        level: z.string(),
        type: z.string(),
        description: z.string().nullish(),
        created: z.string(),
      }),
    ),
  })
  .transform(({ events }) =>
    events.map(({ level, type, description, created }) => ({
      level,
      type,
      description: description ?? "",
      created,
    })),
  );

/** `GET vm-hosts/` */
export const vmHostsSchema: z.ZodType<{ name: string; systemId: string | null }[]> = z.array(
  z
    .object({ name: z.string(), host: z.object({ system_id: z.string().nullable() }).nullish() })
    .transform(({ name, host }) => ({ name, systemId: host?.system_id ?? null })),
);

/**
 * Makes the errors for a 200 body that is not what was asked for: of kind `bad-answer`, saying whether it was HTML, empty, not JSON,
 * or JSON of another shape.
 */
const badAnswer =
  (wire: Wire, what: string, { status }: HttpAnswer) =>
  (why: string, cause?: unknown): Error =>
    maasError(
      "bad-answer",
      `MAAS at ${wire.url} was asked for ${what} and answered ${status} with ${why}.\n` +
        `Expected the JSON of MAAS's API 2.0: is the URL right, is a proxy in between?`,
      cause,
    );

const anotherShape = (path: readonly PropertyKey[], message: string): string =>
  `JSON of another shape (${path.join(".") || "top level"}: ${message})`;

/**
 * Parses a 200 body.
 * @throws TeardownError `maas` of kind `bad-answer`
 */
export const parseAnswer = <T>(wire: Wire, what: string, answer: HttpAnswer, schema: z.ZodType<T>): T => {
  const bad = badAnswer(wire, what, answer);
  if (answer.body.trim() === "") throw bad("an empty body");
  if (isHtml(answer)) throw bad("a page of HTML");
  let json: unknown;
  try {
    json = JSON.parse(answer.body);
  } catch (cause) {
    throw bad(`${answer.bytes} bytes that are not whole JSON`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(anotherShape(issue?.path ?? [], String(issue?.message)), parsed.error);
};

/** One element of a list: parsed, or why it is not what was expected. */
type Element<T> = { data: T } | { problem: z.core.$ZodIssue };

/** Parses each element of a list while it comes; undefined is no JSON. */
export const elementParser =
  <T>(schema: z.ZodType<T>) =>
  (text: string): Element<T> | undefined => {
    try {
      const parsed = schema.safeParse(JSON.parse(text));
      const [problem] = parsed.error?.issues ?? [];
      return problem ? { problem } : { data: parsed.data as T };
    } catch {
      return undefined;
    }
  };

/**
 * Reads a 200 answer that is a list, whose elements {@link elementParser} has parsed while it came.
 * @throws TeardownError `maas` of kind `bad-answer`
 */
export const parseList = <T>(wire: Wire, what: string, answer: HttpAnswer, schema: z.ZodType<T>): T[] => {
  const { elements } = answer;
  const found = elements?.found as (Element<T> | undefined)[] | undefined;
  // What is wrong with the whole is said as of any other answer.
  if (!found || !elements?.whole || found.includes(undefined))
    return parseAnswer(wire, what, answer, z.array(schema));
  return found.map((element, at) => {
    if (element && "data" in element) return element.data;
    const { path = [], message = "" } = element?.problem ?? {};
    throw badAnswer(wire, what, answer)(anotherShape([at, ...path], message));
  });
};
