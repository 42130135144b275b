import { stripVTControlCharacters } from "node:util";
import { TeardownError } from "../../errors.ts";

/** What is wrong between us and Juju, for callers that must tell a missing login from a busy controller. */
export type JujuErrorKind =
  | "missing-binary" // there is no juju to run
  | "no-controller" // no controller, or not the one asked for, or none selected
  | "not-logged-in"
  | "login-expired" // juju asks for a password, or the identity provider gives no new discharge
  | "unauthorized" // the controller does not accept the password
  | "forbidden" // the user may not do this
  | "unreachable" // juju gave up connecting, or the connection broke
  | "timeout" // juju did not answer within our limit (an unreachable controller is silent for 598 s)
  | "not-found" // the model is not there
  | "nothing-to-export" // the model has no application
  | "unsupported" // this client, or this controller, has no such command (4.0 has no export-bundle)
  | "disabled" // `juju disable-command`
  | "storage" // the model has storage and no flag says what to do with it
  | "bad-answer" // exit 0, but not with what juju prints
  | "failed" // anything else that juju reports
  | "interrupted"; // we were told to stop

/** A failed call as plain data. The words for the operator are made from it, and nothing decides by them. */
export type JujuProblem = {
  kind: JujuErrorKind;
  /** The whole command line. */
  command: string;
  exitCode?: number;
  /** What juju printed on stderr, line by line, without noise and terminal escapes. Never its stdout: a bundle has secrets. */
  said: string[];
  controller?: string;
  model?: string;
  user?: string;
  /** In ms: the limit that passed. */
  limit?: number;
  /** The operator's reason why a command is disabled; what the system says; what is wrong with an answer. */
  text?: string;
};

type Detail = Pick<JujuProblem, "controller" | "model" | "user" | "text">;

/**
 * What juju's stderr means: the only place that knows juju's sentences. A named group becomes the field of that name in
 * {@link JujuProblem}. Recorded from the real clients 3.6.28 and 4.0.14, with server texts from the source of 2.9.46, 3.6 and 4.0.
 * First match wins: "account details for controller … not found" is no missing controller, and "unauthorized access" also
 * stands behind "permission denied".
 */
const meanings: readonly { pattern: RegExp; kind: JujuErrorKind }[] = [
  { kind: "login-expired", pattern: /please enter password for (?<user>\S+) on (?<controller>[^\s:]+)/ },
  { kind: "login-expired", pattern: /cannot get discharge from/ },
  { kind: "nothing-to-export", pattern: /nothing to export as there are no applications/ },
  { kind: "unsupported", pattern: /juju client not compatible with server: (?<text>.+)/ },
  { kind: "unsupported", pattern: /(?<text>unknown facade type "\w+")/ },
  { kind: "unsupported", pattern: /(?<text>"[\w-]+" is not a juju command)/ },
  { kind: "not-found", pattern: /ERROR model (?<model>\S+) not found/ },
  { kind: "not-found", pattern: /model "(?<model>[^"]*)" has been removed from the controller/ },
  {
    kind: "not-found",
    pattern: /getting model status: model "?(?<model>[^"\s]+)"? (?:not found|has been removed)/,
  },
  { kind: "not-found", pattern: /model not found for uuid "(?<model>[^"]*)"/ },
  { kind: "not-found", pattern: /getting model status: model not found/ },
  { kind: "not-found", pattern: /model not found, it may have been destroyed/ },
  { kind: "not-logged-in", pattern: /account details for controller (?<controller>\S+) not found/ },
  { kind: "not-logged-in", pattern: /controller "(?<controller>[^"]*)": not logged/ },
  { kind: "not-logged-in", pattern: /You are not logged in to controller "(?<controller>[^"]*)"/ },
  { kind: "no-controller", pattern: /controller (?<controller>\S+) not found/ },
  {
    kind: "no-controller",
    pattern: /No controllers registered|No selected controller|There is no current controller/,
  },
  {
    kind: "disabled",
    pattern: /cannot destroy model: (?<text>.*)\n.*has been disabled for the current model/,
  },
  { kind: "disabled", pattern: /have been disabled for the current model|the operation has been blocked/ },
  { kind: "forbidden", pattern: /permission denied/ },
  { kind: "unauthorized", pattern: /invalid entity name or password|unauthorized access/ },
  { kind: "storage", pattern: /has persistent storage remaining|contains persistent storage/ },
  {
    kind: "unreachable",
    pattern:
      /unable to connect to API|cannot connect to API|connection refused|connection is shut down|i\/o timeout|no route to host|network is unreachable/,
  },
  { kind: "interrupted", pattern: /destroy model is still running in the background/ },
  // 4.0 answers a disabled destroy-model with the operator's text and nothing else: destroy.ts asks which it is.
  { kind: "failed", pattern: /cannot destroy model: (?<text>.+)/ },
];

/** What juju prints on stderr with exit code 0 although nothing is wrong; it says nothing about the answer. */
const noise: readonly RegExp[] = [
  // the first run with a new JUJU_DATA, also without internet
  /^Since Juju \d+ is being run for the first time\b.*$/gm,
  /^ERROR Get "https:\/\/streams\.canonical\.com\/.*$/gm,
  // snapd, in front of whatever the snap prints (canonical/snapd#10776)
  /^WARNING: cgroup v2 is not fully supported yet\b.*$/gm,
  /^update\.go:\d+: cannot change mount namespace according to change mount .*$/gm,
  // a shell with a locale that is not installed
  /^\S*sh: warning: setlocale: .*$/gm,
  // after a model was destroyed, with its suggestions
  /^WARNING cannot read current model: .*(?:\n\nUse "juju switch" to select .*\n\n(?: {2}- \S+(?:\n|$))*)?/gm,
  /^warning\b.*\bdeprecated\b.*$/gim,
  // JUJU_LOGGING_CONFIG and --debug
  /^\d\d:\d\d:\d\d (?:TRACE|DEBUG|INFO) .*$/gm,
];

/** A text of somebody else's, safe to print on a terminal. */
export const plainText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");

/** The lines of stderr that are not explained, without empty ones. */
export const withoutNoise = (stderr: string): string[] =>
  noise
    .reduce((text, pattern) => text.replace(pattern, ""), plainText(stderr))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** Sorts the stderr of a call that failed; `failed` when no line of the table fits. */
export const meaningOf = (stderr: string): { kind: JujuErrorKind } & Detail => {
  const text = withoutNoise(stderr).join("\n");
  for (const { kind, pattern } of meanings) {
    const found = pattern.exec(text);
    if (found) return { kind, ...found.groups };
  }
  return { kind: "failed" };
};

const problems = new WeakMap<Error, JujuProblem>();

/** What an error of the Juju client is about; `undefined` for anything else. */
export const jujuProblem = (error: unknown): JujuProblem | undefined =>
  error instanceof Error ? problems.get(error) : undefined;

/** The kind of an error of the Juju client; `undefined` for anything else. */
export const jujuErrorKind = (error: unknown): JujuErrorKind | undefined => jujuProblem(error)?.kind;

/** Why Juju is away just now, in a few words; `undefined` for what waiting does not help. */
export const silence = ({ kind, said, limit = 0 }: JujuProblem): string | undefined => {
  if (kind === "unreachable") return said.at(-1) ?? "the controller cannot be reached";
  return kind === "timeout" ? `no answer within ${limit / 1000} s` : undefined;
};

/** Whether a call may go well another time without anybody's help. */
export const mayPass = ({ kind }: JujuProblem): boolean =>
  ["failed", "bad-answer", "not-found"].includes(kind);

const clipped = (lines: string[], length = 500): string => {
  const text = lines.join("\n  ");
  return text.length > length ? `${text.slice(0, length)}…` : text;
};

/** `show-controller` and `ping` through juju are as silent as the rest; this reads local files, and nc has a limit. */
const lookAtAddress =
  "juju controllers --format=yaml   # answers at once; then, for its api-endpoints: nc -zvw5 <address> 17070";

/** What was found, and what to type next. */
const wordsOf = (problem: JujuProblem): { found: string; next?: string } => {
  const { kind, controller, text, model = "<model>" } = problem;
  const login = `juju login${controller ? ` -c ${controller}` : ""}`;
  const named = controller ? ` ${controller}` : "";
  switch (kind) {
    case "missing-binary":
      return { found: text ?? "there is no juju client", next: "sudo snap install juju" };
    case "no-controller":
      return {
        found: `no such controller${named}, or none is selected`,
        next: "juju controllers   # then: juju switch <controller>",
      };
    case "not-logged-in":
      return { found: `nobody is logged in to the controller${named}`, next: login };
    case "login-expired":
      return { found: `the login to the controller${named} has expired`, next: login };
    case "unauthorized":
      return {
        found: `the controller${named} does not accept this user's password`,
        next: `juju logout${controller ? ` -c ${controller}` : ""}; ${login}`,
      };
    case "forbidden":
      return {
        found: "this user may not do that",
        next: "ask an administrator of the controller to type: juju grant <user> admin <model>",
      };
    case "unreachable":
      return { found: `the controller${named} cannot be reached`, next: lookAtAddress };
    case "timeout":
      return {
        found: `no answer within ${(problem.limit ?? 0) / 1000} s; juju is silent like this when the controller${named} does not answer`,
        next: lookAtAddress,
      };
    case "not-found":
      return { found: "there is no such model", next: "juju models --all" };
    case "nothing-to-export":
      return { found: "the model has no application to export" };
    case "unsupported":
      return {
        found: `this client or this controller cannot do that${text ? `: ${text}` : ""}`,
        next: "juju version; juju models --format=yaml   # compare agent-version",
      };
    case "disabled":
      return {
        found: `the command is disabled for this model${text ? `: ${text}` : ""}`,
        next: `juju disabled-commands -m ${model}; juju enable-command destroy-model -m ${model}`,
      };
    case "storage":
      return { found: "the model has storage" };
    case "bad-answer":
      return { found: text ?? "it printed something unexpected", next: problem.command };
    case "failed":
      return { found: text ?? "" };
    case "interrupted":
      return { found: "it was stopped: we were told to stop" };
  }
};

/** The words for the operator: what was found, juju's own lines, and the next command. */
export const sayProblem = (problem: JujuProblem): string => {
  const { found, next } = wordsOf(problem);
  const ended = problem.exitCode === undefined ? "" : ` (exit code ${problem.exitCode})`;
  const head = [`\`${problem.command}\` failed${ended}`, found].filter((part) => part !== "").join(": ");
  const said =
    problem.said.length > 0
      ? `\n  ${clipped(problem.said)}`
      : problem.exitCode === undefined
        ? ""
        : " (nothing on stderr)";
  return `${head}${said}${next === undefined ? "" : `\nTry: ${next}`}`;
};

const marked = (problem: JujuProblem, message: string, cause: unknown): TeardownError => {
  const code = problem.kind === "interrupted" ? "interrupted" : "juju";
  const error = new TeardownError(code, message, cause === undefined ? undefined : { cause });
  problems.set(error, problem);
  return error;
};

/** The error of a failed call. */
export const problemError = (problem: JujuProblem, cause?: unknown): TeardownError =>
  marked(problem, sayProblem(problem), cause);

/** An error of this kind with words of its own, as a stand-in for the client throws it. */
export const jujuError = (kind: JujuErrorKind, message: string, cause?: unknown): TeardownError =>
  marked({ kind, command: "juju", said: [message] }, message, cause);
