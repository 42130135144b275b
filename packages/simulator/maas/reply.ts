/** What the region answers to one HTTP request. */
export type Reply = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly vary: "Authorization, Cookie" | "Authorization" | "Cookie" | null;
  /** The answer of a failed post-commit hook: no headers but the content type, sent in chunks. */
  readonly bare?: boolean;
  /** Whether the answer carries `X-Maas-Api-Hash`: those that MAAS's API layer itself made do. */
  readonly hash: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many machines were rendered, which is what a read costs a real MAAS. */
  readonly machines?: number;
  /** Instead of an answer: the connection is reset, or nothing ever comes. */
  readonly instead?: "reset" | "hang";
};

/** As Python's json module writes it: ASCII only. */
const ascii = (json: string): string =>
  json.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** JSON as MAAS indents it: 4 spaces. */
export const indented = (value: unknown): string => ascii(JSON.stringify(value, null, 4));

/** JSON on one line, with a space after each comma and colon. */
export const compact = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}: ${compact(member)}`)
      .join(", ")}}`;
  return ascii(JSON.stringify(value));
};

/** A successful answer with an already rendered JSON body. */
export const okText = (body: string, machines = 0): Reply => ({
  status: 200,
  type: "application/json; charset=utf-8",
  body,
  vary: "Authorization, Cookie",
  hash: true,
  machines,
});

/** A successful answer. */
export const ok = (value: unknown): Reply => okText(indented(value));

/** An answer that MAAS makes of an exception. */
export const failure = (status: number, body: string, headers: Record<string, string> = {}): Reply => ({
  status,
  type: "text/plain; charset=utf-8",
  body,
  vary: "Cookie",
  hash: false,
  headers,
});

/** A validation error: 400 with the fields' messages. */
export const invalid = (errors: Record<string, string[]>): Reply => ({
  ...failure(400, compact(errors)),
  type: "application/json; charset=utf-8",
});

/** Something that the real MAAS has and the simulated one has not. */
export const notSimulated = (what: string): Reply =>
  failure(
    501,
    `The simulated lab does not implement ${what}. See packages/simulator/README.md for what it does.`,
  );
