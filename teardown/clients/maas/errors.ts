import { TeardownError } from "../../errors.ts";
import { errorKinds } from "../error-kinds.ts";
import type { MaasKey } from "./oauth.ts";

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

/** MAAS's own words, fit for one line of a message: no line breaks, no endless pages, and no part of the API key. */
export const ownWords = (key: MaasKey, body: string, length = 300): string => {
  const line = body.replaceAll(key.secret, "…").replaceAll(key.token, "…").replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
};

/** Why somebody aborted a signal, if the reason is in words: " (the deadline has passed)". */
export const reasonOf = (signal: AbortSignal | undefined): string => {
  const reason: unknown = signal?.reason;
  const words = reason instanceof Error ? reason.message : typeof reason === "string" ? reason : "";
  return words === "" || /^This operation was aborted/.test(words) ? "" : ` (${words.split("\n")[0]})`;
};
