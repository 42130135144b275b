import { TeardownError } from "../../errors.ts";

/** A whole answer of whatever listens at MAAS's URL; header names are in lower case. */
export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

/** Why there is no whole answer. Only `not-connected` and `certificate` prove that MAAS never saw the request. */
export type Failure = {
  failure: "not-connected" | "certificate" | "lost" | "limit" | "aborted";
  reason: string;
  cause?: unknown;
};

export type Outcome = Answer | Failure;

/** What MAAS was asked for. */
export type Asked =
  | { call: "version" | "whoami" | "machines" | "vm-hosts" }
  | { call: "machine" | "release"; systemId: string }
  | { call: "events"; hostname: string };

/** Which question failed, and at which MAAS. `profile` is the login whose key was used, if it is known. */
export type Question = { url: string; profile?: string | undefined; asked: Asked; attempts?: number };

/** What is wrong between us and MAAS, as data. `said` is what MAAS answered, shortened, with the API key blotted out. */
export type MaasFault = Question &
  (
    | { code: "unauthorized"; status: number; why: AuthProblem } // no use in trying again
    | { code: "forbidden" } // the key's user may not see or do this
    | { code: "unreachable"; why: "not-connected" | "certificate" | "lost"; reason: string }
    | { code: "timeout"; reason: string } // connected, but no answer within the limit
    | { code: "server"; status: number; said: string; retryAfter?: number | undefined } // 5xx or too busy, again and again
    | { code: "bad-request"; status: number; said: string } // a defect of ours, or another version of MAAS
    | { code: "bad-answer"; status: number; said: string; location?: string } // not what MAAS's API answers
    | { code: "interrupted"; reason: string } // we were told to stop
  );

export type MaasErrorKind = MaasFault["code"];

type AuthProblem = "clock" | "unknown-key" | "wrong-secret" | "repeated" | "no-credentials" | "rejected";
type Meaning = Exclude<AuthProblem, "rejected"> | "absent" | "vm-host" | "image" | "state" | "wrong-endpoint";

/** MAAS's own texts, recorded from 3.6.5 and 3.4.8. This table is the only place that matches them. */
const texts: readonly { status: number; text: RegExp; means: Meaning }[] = [
  { status: 401, text: /Expired timestamp/i, means: "clock" },
  { status: 401, text: /Invalid API key|Invalid access token/i, means: "unknown-key" },
  { status: 401, text: /Invalid signature/i, means: "wrong-secret" },
  { status: 401, text: /Nonce already used/i, means: "repeated" },
  { status: 401, text: /^Forbidden/i, means: "no-credentials" },
  // Without credentials a collection answers 400 instead of 401.
  { status: 400, text: /^Unrecognised signature: .*op=None/, means: "no-credentials" },
  { status: 400, text: /^Unrecognised signature/, means: "wrong-endpoint" },
  { status: 400, text: /VM hosts must be removed first/, means: "vm-host" },
  { status: 400, text: /^Ephemeral operating system .* is unavailable/, means: "image" },
  { status: 404, text: /^No Machine matches/i, means: "absent" },
  { status: 404, text: /^Unknown API endpoint/, means: "wrong-endpoint" },
  { status: 409, text: /cannot be released in its current state/, means: "state" },
];

/** What MAAS's text says, if it is one that we know. */
export const meaningOf = ({ status, body }: Answer): Meaning | undefined =>
  texts.find((known) => known.status === status && known.text.test(body))?.means;

/** A page, which MAAS's API never answers but for {@link isBusyConflict}. */
export const isHtml = ({ headers, body }: Answer): boolean =>
  body.trim() !== "" &&
  (/text\/html/i.test(String(headers["content-type"] ?? "")) || /^\s*<(!doctype|html)/i.test(body));

/** What the answer asks us to wait, in ms. */
export const retryAfter = ({ headers }: Answer): number | undefined => {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
};

/**
 * MAAS's answer to a database conflict that outlived its own retries: 409 with a page of HTML and `Retry-After: 5`, nothing
 * changed. A 409 about a machine's state has neither. (MAAS `409.html`, src/maasserver/utils/views.py)
 */
export const isBusyConflict = (answer: Answer): boolean =>
  answer.status === 409 && (answer.headers["retry-after"] !== undefined || isHtml(answer));

/** Whether it is worth asking again, if asking is safe. */
export const mayPass = (outcome: Outcome): boolean =>
  "failure" in outcome
    ? ["not-connected", "lost", "limit"].includes(outcome.failure)
    : [429, 500, 502, 503, 504].includes(outcome.status) || isBusyConflict(outcome);

/** MAAS's own words, fit for one line of a message. */
export const shortened = (text: string, length = 300): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
};

const said = (answer: Answer): string => {
  if (answer.body.trim() === "") return "an empty body";
  return isHtml(answer) ? "a page of HTML" : `"${shortened(answer.body)}"`;
};

const failureFault = (question: Question, { failure, reason }: Failure): MaasFault => {
  switch (failure) {
    case "aborted":
      return { ...question, code: "interrupted", reason };
    case "limit":
      return { ...question, code: "timeout", reason };
    default:
      return { ...question, code: "unreachable", why: failure, reason };
  }
};

const answerFault = (question: Question, answer: Answer): MaasFault => {
  const { status } = answer;
  const means = meaningOf(answer);
  // The body of a 401 may echo the API key's secret (recorded, MAAS 3.6.5): it is not kept.
  if (status === 401 || means === "no-credentials") {
    const known = ["clock", "unknown-key", "wrong-secret", "repeated", "no-credentials"] as const;
    return {
      ...question,
      code: "unauthorized",
      status,
      why: known.find((why) => why === means) ?? "rejected",
    };
  }
  if (status === 403 && !isHtml(answer)) return { ...question, code: "forbidden" };
  if (status >= 300 && status < 400) {
    const location = String(answer.headers.location ?? "nowhere");
    return { ...question, code: "bad-answer", status, said: said(answer), location };
  }
  if (mayPass(answer))
    return { ...question, code: "server", status, said: said(answer), retryAfter: retryAfter(answer) };
  const code = status >= 400 && status < 500 && !isHtml(answer) ? "bad-request" : "bad-answer";
  return { ...question, code, status, said: said(answer) };
};

const nameOf = (asked: Asked): string => {
  switch (asked.call) {
    case "version":
      return "its version";
    case "whoami":
      return "the user of the API key";
    case "machines":
      return "machines";
    case "vm-hosts":
      return "its VM hosts";
    case "machine":
      return `machine ${asked.systemId}`;
    case "release":
      return `the release of machine ${asked.systemId}`;
    case "events":
      return `the events of ${asked.hostname}`;
  }
};

const authWords = (fault: MaasFault & { code: "unauthorized" }): string => {
  const logIn = `Log in again: maas login ${fault.profile ?? "PROFILE"} ${fault.url} API_KEY`;
  const proxies = (what: string): string => `Something between here and MAAS ${what}: look at the proxies.`;
  const words: Record<AuthProblem, readonly [string, string]> = {
    clock: [
      "the clock of this host is more than 5 minutes behind MAAS's clock",
      "Set the clock (timedatectl), then run the command again.",
    ],
    "unknown-key": ["MAAS does not know this API key (deleted, or of another MAAS)", logIn],
    "wrong-secret": ["the secret in the API key is wrong", logIn],
    repeated: ["MAAS saw this request twice", proxies("repeats requests")],
    "no-credentials": ["the request arrived without credentials", proxies("strips the Authorization header")],
    rejected: ["MAAS does not accept the API key", logIn],
  };
  return words[fault.why].join(".\n");
};

/** The operator's words for a fault: what was asked, what came back, what to do. */
const wordsOf = (fault: MaasFault): string => {
  const asked = `MAAS at ${fault.url} was asked for ${nameOf(fault.asked)}`;
  const { attempts = 1 } = fault;
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  const notMaas = "Expected the JSON of MAAS's API 2.0: is the URL right, is there a proxy in between?";
  switch (fault.code) {
    case "unauthorized":
      return `${asked} and answered ${fault.status}: ${authWords(fault)}`;
    case "forbidden":
      return `${asked} and answered 403: the user of this API key may not see or do this.\nUse the key of an administrator, or of the machines' owner.`;
    case "unreachable":
      if (fault.why === "certificate")
        return (
          `${asked}, but there is no trusted TLS connection to it: ${fault.reason}.\nNothing was sent. If its certificate is ` +
          "not known here: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem (or maas login --cacerts), then run the command again."
        );
      return `${asked}, but cannot be reached${tries}: ${fault.reason}.\nTry: curl -sS ${fault.url}/api/2.0/version/`;
    case "timeout":
      return `${asked}, but did not answer in time${tries}: ${fault.reason}.\nIs MAAS overloaded? Look at: systemctl status maas-regiond (or snap services maas)`;
    case "server":
      return `${asked} and answered ${fault.status} with ${fault.said}${attempts > 1 ? `, ${attempts} times` : ""}.`;
    case "bad-request":
      return `${asked} and answered ${fault.status} with ${fault.said}.\nMAAS does not accept this request.`;
    case "bad-answer":
      if (fault.location !== undefined)
        return (
          `${asked} and answered ${fault.status}, a redirect to ${fault.location}. The API key is not sent there.\n` +
          "Configure the URL that MAAS redirects to (with TLS enabled: https, port 5443)."
        );
      return `${asked} and answered ${fault.status} with ${fault.said}.\n${notMaas}`;
    case "interrupted":
      return `${asked}, but the wait was stopped${fault.reason && ` (${fault.reason})`}.`;
  }
};

/** The error of the MAAS client: `fault` for code, `message` for the operator. */
export class MaasError extends TeardownError {
  readonly fault: MaasFault;

  constructor(fault: MaasFault, cause?: unknown) {
    super(
      fault.code === "interrupted" ? "interrupted" : "maas",
      wordsOf(fault),
      cause === undefined ? undefined : { cause },
    );
    this.fault = fault;
  }
}

/** The error for an outcome that is not worth repeating, or was repeated often enough. */
export const maasError = (question: Question, outcome: Outcome): MaasError =>
  "failure" in outcome
    ? new MaasError(failureFault(question, outcome), outcome.cause)
    : new MaasError(answerFault(question, outcome));

/** The code of an error of the MAAS client; `undefined` for anything else. */
export const maasErrorKind = (error: unknown): MaasErrorKind | undefined =>
  error instanceof MaasError ? error.fault.code : undefined;

/** Why MAAS is away just now, in a few words; `undefined` for what waiting does not help, and for anything else. */
export const awayReason = (error: unknown): string | undefined => {
  if (!(error instanceof MaasError)) return undefined;
  const { fault } = error;
  switch (fault.code) {
    case "unreachable":
      return fault.why === "certificate" ? undefined : fault.reason;
    case "timeout":
      return fault.reason;
    case "server":
      return `it answers ${fault.status}`;
    case "bad-answer":
      // A proxy's page; a redirect is a wrong URL.
      return fault.location === undefined ? `it answers ${fault.status} with ${fault.said}` : undefined;
    default:
      return undefined;
  }
};
