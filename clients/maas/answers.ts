import { z } from "zod";
import { maasError } from "./errors.ts";
import { isHtml } from "./failures.ts";
import type { Wire } from "./http.ts";
import { type MaasMachine, machineSchema } from "./machine.ts";
import type { HttpAnswer } from "./transport.ts";

/** `GET version/`; the simulated MAAS of this project says so in its `subversion`. */
export const versionSchema: z.ZodType<{ version: string; simulated: boolean }> = z
  .object({ version: z.string(), subversion: z.string().nullish() })
  .transform(({ version, subversion }) => ({ version, simulated: subversion === "simulated" }));

/** `GET users/?op=whoami` */
export const whoamiSchema: z.ZodType<{ username: string; isAdmin: boolean }> = z
  .object({ username: z.string().min(1), is_superuser: z.boolean() })
  .transform((user) => ({ username: user.username, isAdmin: user.is_superuser }));

/** `GET machines/` */
export const machinesSchema: z.ZodType<MaasMachine[]> = z.array(machineSchema);

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
 * Parses a 200 body.
 * @throws TeardownError `maas` of kind `bad-answer`, saying whether it was HTML, empty, not JSON, or JSON of another shape
 */
export const parseAnswer = <T>(wire: Wire, what: string, answer: HttpAnswer, schema: z.ZodType<T>): T => {
  const bad = (why: string, cause?: unknown): Error =>
    maasError(
      "bad-answer",
      `MAAS at ${wire.url} was asked for ${what} and answered ${answer.status} with ${why}.\n` +
        `Expected the JSON of MAAS's API 2.0: is the URL right, is a proxy in between?`,
      cause,
    );
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
  throw bad(
    `JSON of another shape (${issue?.path.join(".") || "top level"}: ${issue?.message})`,
    parsed.error,
  );
};
