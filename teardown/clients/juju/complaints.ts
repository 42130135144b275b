import type { JujuErrorKind } from "./errors.ts";

/**
 * What juju's stderr means. Recorded from the real client 3.6.28, with server texts from the source of 2.9.46, 3.6 and 4.0.
 * First match wins: "account details for controller … not found" is no missing controller, and "unauthorized access" also stands
 * behind "permission denied".
 */
const table: readonly { pattern: RegExp; kind: JujuErrorKind; next?: string }[] = [
  {
    pattern:
      /ERROR model \S+ not found|has been removed from the controller|ERROR getting model status: .*(not found|has been removed)|model not found, it may have been destroyed/,
    kind: "not-found",
    next: "juju models",
  },
  {
    pattern:
      /account details for controller \S+ not found|controller "[^"]*": not logged|You are not logged in/,
    kind: "not-logged-in",
    next: "juju login",
  },
  {
    pattern:
      /No controllers registered|No selected controller|There is no current controller|controller \S+ not found/,
    kind: "no-controller",
    next: "juju controllers   # then: juju switch CONTROLLER",
  },
  {
    pattern: /the operation has been blocked|has been disabled for the current model/,
    kind: "blocked",
    next: "juju enable-command destroy-model",
  },
  { pattern: /permission denied/, kind: "forbidden", next: "juju login -u ADMIN" },
  {
    pattern: /invalid entity name or password|unauthorized access/,
    kind: "unauthorized",
    next: "juju logout; juju login",
  },
  { pattern: /has persistent storage remaining|contains persistent storage/, kind: "storage" },
  {
    pattern:
      /unable to connect to API|cannot connect to API|connection refused|connection is shut down|i\/o timeout|no route to host|network is unreachable/,
    kind: "unreachable",
    next: "juju show-controller",
  },
  { pattern: /destroy model is still running in the background/, kind: "interrupted" },
];

/** Sorts a failed call's stderr; `failed` when no line of the table fits. */
export const meaningOf = (stderr: string): { kind: JujuErrorKind; next?: string } => {
  const text = withoutNoise(stderr).join("\n");
  const found = table.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return { kind: "failed" };
  return found.next === undefined ? { kind: found.kind } : { kind: found.kind, next: found.next };
};

/** Lines on stderr that are explained, so that they say nothing about the answer. All were seen with exit code 0. */
const noise: readonly RegExp[] = [
  // the first run with a new JUJU_DATA, also without internet
  /^Since Juju \d+ is being run for the first time\b/,
  /^ERROR Get "https:\/\/streams\.canonical\.com\//,
  // snapd before 2.53, in front of whatever the snap prints (canonical/snapd#10776)
  /^WARNING: cgroup v2 is not fully supported yet\b/,
];

/** The lines of stderr that are not explained, without empty ones. */
export const withoutNoise = (stderr: string): string[] =>
  stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !noise.some((pattern) => pattern.test(line)));
