import { maasError, ownWords, reasonOf } from "./errors.ts";
import type { HttpAnswer, HttpFailure } from "./transport.ts";
import type { Wire } from "./wire.ts";

/**
 * What a 401 means, and what to do but to log in again. The body may echo the API key's secret (recorded, MAAS 3.6.5), so it is
 * only compared, never shown.
 */
const unauthorizedMeanings: readonly (readonly [pattern: RegExp, meaning: string, next?: string])[] = [
  [
    /Expired timestamp/i,
    "the clock of this host is more than 5 minutes behind MAAS's clock",
    "Set the clock (timedatectl), then run the command again.",
  ],
  [/Invalid API key|Invalid access token/i, "MAAS does not know this API key (deleted, or of another MAAS)"],
  [/Invalid signature/i, "the secret in the API key is wrong"],
  [
    /Nonce already used/i,
    "MAAS saw this request twice",
    "Something between here and MAAS repeats requests: look at the proxies.",
  ],
  [
    /^Forbidden/i,
    "the request arrived without credentials",
    "Something between here and MAAS strips the Authorization header: look at the proxies.",
  ],
];

const unauthorizedMeaning = (body: string): readonly [meaning: string, next?: string] => {
  const [, ...found] = unauthorizedMeanings.find(([pattern]) => pattern.test(body)) ?? [
    undefined,
    "MAAS does not accept the API key",
  ];
  return found;
};

export const isHtml = (answer: HttpAnswer): boolean =>
  /text\/html/i.test(answer.headers["content-type"] ?? "") || /^\s*<(!doctype|html)/i.test(answer.body);

/**
 * MAAS's answer to a database conflict that outlived its own retries: 409 with a page of HTML and `Retry-After: 5`, nothing
 * changed. A 409 about a machine's state has neither. (MAAS `409.html`, src/maasserver/utils/views.py)
 */
export const isBusyConflict = (answer: HttpAnswer): boolean =>
  answer.status === 409 && (answer.headers["retry-after"] !== undefined || isHtml(answer));

/** Whether it is worth asking again, if asking is safe. */
export const mayPass = (outcome: HttpAnswer | HttpFailure): boolean => {
  if ("failure" in outcome) return ["not-sent", "lost", "limit"].includes(outcome.failure);
  return [429, 500, 502, 503, 504].includes(outcome.status) || isBusyConflict(outcome);
};

/** The error for a failed exchange that is not worth repeating, or was repeated enough. */
export const failureError = (
  wire: Wire,
  what: string,
  failure: HttpFailure,
  attempts: number,
): ReturnType<typeof maasError> => {
  const asked = `MAAS at ${wire.url} was asked for ${what}`;
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  switch (failure.failure) {
    case "aborted":
      return maasError(
        "interrupted",
        `${asked}, and was not waited for: we were told to stop${reasonOf(wire.signal)}.`,
      );
    case "certificate":
      return maasError(
        "unreachable",
        `${asked}, but there is no trusted TLS connection to it: ${failure.reason}.\nNothing was sent. ` +
          "If its certificate is not known here: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem, then run the command again.",
        failure.cause,
      );
    case "limit":
      return maasError(
        "timeout",
        `${asked}, but did not answer in time${tries}: ${failure.reason}.\nIs MAAS overloaded? Look at: systemctl status maas-regiond (or snap services maas)`,
        failure.cause,
      );
    case "too-big":
      return maasError("bad-answer", `${asked}, but ${failure.reason}.`);
    default:
      return maasError(
        "unreachable",
        `${asked}, but cannot be reached${tries}: ${failure.reason}.\nTry: curl -sS ${wire.url}/api/2.0/version/`,
        failure.cause,
      );
  }
};

/** The error for an answer other than what was asked for. Takes care that no secret gets into the message. */
export const statusError = (
  wire: Wire,
  what: string,
  answer: HttpAnswer,
  attempts = 1,
): ReturnType<typeof maasError> => {
  const asked = `MAAS at ${wire.url} was asked for ${what}`;
  const said = isHtml(answer)
    ? "a page of HTML"
    : answer.body.trim() === ""
      ? "an empty body"
      : `"${ownWords(wire.key, answer.body)}"`;
  const { status } = answer;
  // Without credentials a collection answers 400 instead of 401 (recorded).
  if (status === 401 || (status === 400 && /^Unrecognised signature: .*op=None/.test(answer.body))) {
    const [meaning, next] = unauthorizedMeaning(status === 401 ? answer.body : "Forbidden");
    const hint = next ?? `Log in again: maas login PROFILE ${wire.url} API_KEY`;
    return maasError("unauthorized", `${asked} and answered ${status}: ${meaning}.\n${hint}`);
  }
  if (status === 403) {
    return maasError(
      "forbidden",
      `${asked} and answered 403: the user of this API key may not see or do this.\nUse the key of an administrator, or of the machines' owner.`,
    );
  }
  if (status >= 300 && status < 400) {
    return maasError(
      "bad-answer",
      `${asked} and answered ${status}, a redirect to ${answer.headers.location ?? "nowhere"}. The API key is not sent there.\n` +
        "Configure the URL that MAAS redirects to (with TLS enabled: https, port 5443).",
    );
  }
  if (mayPass(answer)) {
    return maasError(
      "server",
      `${asked} and answered ${status} with ${said}${attempts > 1 ? `, ${attempts} times` : ""}.`,
    );
  }
  const kind = status >= 400 && status < 500 && !isHtml(answer) ? "bad-request" : "bad-answer";
  const meaning =
    kind === "bad-answer"
      ? "This is not what MAAS's API answers: is the URL right, is a proxy in between?"
      : "MAAS does not take this question.";
  return maasError(kind, `${asked} and answered ${status} with ${said}.\n${meaning}`);
};
