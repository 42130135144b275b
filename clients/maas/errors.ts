import { TeardownError } from "../../errors.ts";
import { errorKinds } from "../error-kinds.ts";

/** What is wrong between us and MAAS, for callers that must tell a bad key from a bad day. */
export type MaasErrorKind =
  | "unauthorized" // MAAS does not take the API key (or the clock): no use in trying again
  | "forbidden" // the key's user may not see or do this
  | "unreachable" // no connection, or it broke each time
  | "timeout" // connected, but no answer within the limit
  | "bad-answer" // something answers, but not with what MAAS's API answers
  | "server" // MAAS answers 5xx, or is too busy, again and again
  | "bad-request" // MAAS does not take the question: a defect of ours, or another version of MAAS
  | "interrupted"; // we were told to stop

const kinds = errorKinds<MaasErrorKind>();

/** The kind of an error of the MAAS client; `undefined` for anything else. */
export const maasErrorKind: (error: unknown) => MaasErrorKind | undefined = kinds.kindOf;

export const maasError = (kind: MaasErrorKind, message: string, cause?: unknown): TeardownError =>
  kinds.mark(
    new TeardownError(
      kind === "interrupted" ? "interrupted" : "maas",
      message,
      cause === undefined ? undefined : { cause },
    ),
    kind,
  );

/** MAAS's own words, fit for one line of a message: no line breaks, no endless pages. */
export const ownWords = (body: string, length = 300): string => {
  const line = body.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
};

/**
 * What a 401 means. Its body may echo the API key's secret (recorded, MAAS 3.6.5), so the body is only compared, never shown.
 */
const unauthorizedMeanings: readonly (readonly [RegExp, string])[] = [
  [
    /Expired timestamp/i,
    "the clock of this host is more than 5 minutes behind MAAS's clock.\nSet the clock (timedatectl), then try again",
  ],
  [/Invalid API key|Invalid access token/i, "MAAS does not know this API key (deleted, or of another MAAS)"],
  [/Invalid signature/i, "the secret in the API key is wrong"],
  [/Nonce already used/i, "MAAS saw this request twice: something between here and MAAS repeats requests"],
  [/^Forbidden/i, "the request arrived without credentials: a proxy may strip the Authorization header"],
];

/** The meaning of a 401, by its body; never holds a part of the body. */
export const unauthorizedMeaning = (body: string): string =>
  unauthorizedMeanings.find(([pattern]) => pattern.test(body))?.[1] ?? "MAAS does not accept the API key";
