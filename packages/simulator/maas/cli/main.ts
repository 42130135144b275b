import { join } from "node:path";
import { type CliAnswer, debugText, multipart, oauthHeader, sendRequest } from "./call.ts";
import {
  deleteProfile,
  type Handler,
  handlersOf,
  type Profile,
  readProfiles,
  saveProfile,
} from "./profiles.ts";
import { failed, help, missingArguments, unknownChoice, unknownCommand } from "./usage.ts";

/** The process that the stand-in runs in. */
export type CliProcess = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout is a terminal. */
  readonly tty: boolean;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Real time, epoch ms. */
  readonly now: () => number;
};

const databaseOf = ({ env }: CliProcess): string => join(env.HOME ?? ".", ".maascli.db");

/** What Python says about a request that did not get through. Source: recorded for a refused connection. */
const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: "[Errno 111] Connection refused",
  ECONNRESET: "[Errno 104] Connection reset by peer",
};

const request = async (...call: Parameters<typeof sendRequest>): Promise<CliAnswer | { failure: string }> => {
  try {
    return await sendRequest(...call);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return { failure: networkErrors[code] ?? (error instanceof Error ? error.message : String(error)) };
  }
};

/** Prints an answer as the real CLI does: the body on stdout even when it is an error, which is rc 2. */
const printAnswer = (cli: CliProcess, answer: CliAnswer): number => {
  const good = Math.floor(answer.status / 100) === 2;
  if (!cli.tty) cli.stdout(answer.body);
  else if (good) cli.stdout(`Success.\nMachine-readable output follows:\n${answer.body}\n`);
  else cli.stdout(`${answer.body || `Request failed with code ${answer.status}: ${answer.reason}`}\n`);
  return good ? 0 : 2;
};

const runOperation = async (
  cli: CliProcess,
  profile: Profile,
  profiles: readonly Profile[],
  words: readonly string[],
): Promise<number> => {
  const debug = words.some((word) => word === "--debug" || word === "-d");
  const [handlerWord, operationWord, ...rest] = words.filter((word) => !word.startsWith("-"));
  const handler = profile.handlers.find(({ command }) => command === handlerWord);
  if (!handler) {
    const commands = profile.handlers.map(({ command, doc }) => ({ name: command, title: doc }));
    cli.stderr(unknownChoice(`maas ${profile.name}`, "", commands, handlerWord));
    return 2;
  }
  const prefix = `maas ${profile.name} ${handler.command}`;
  const operation = handler.operations.find(({ command }) => command === operationWord);
  if (!operation) {
    const commands = handler.operations.map(({ command, title }) => ({ name: command, title }));
    cli.stderr(unknownChoice(prefix, handler.doc, commands, operationWord));
    return 2;
  }
  const missing = handler.params.slice(rest.length);
  if (missing.length > 0) {
    cli.stderr(missingArguments(`${prefix} ${operation.command}`, missing));
    return 2;
  }
  const answer = await request(...apiCall(cli, profile, handler, operation, rest));
  if ("failure" in answer) {
    cli.stderr(failed(profiles, answer.failure));
    return 2;
  }
  if (debug) cli.stderr(debugText(answer));
  return printAnswer(cli, answer);
};

/** The HTTP request of an operation: parameters go into the query of a GET and into a multipart body otherwise. */
const apiCall = (
  cli: CliProcess,
  profile: Profile,
  handler: Handler,
  operation: Handler["operations"][number],
  words: readonly string[],
): [string, { method: string; headers: Record<string, string>; body?: string }] => {
  const path = handler.params.reduce(
    (text, name, index) => text.replace(`{${name}}`, words[index] ?? ""),
    handler.path,
  );
  const fields = words.slice(handler.params.length).map((word) => {
    const [name = "", ...value] = word.split("=");
    return [name, value.join("=")] as const;
  });
  const url = new URL(path, profile.url);
  if (operation.op !== null) url.searchParams.append("op", operation.op);
  const headers: Record<string, string> = { Authorization: oauthHeader(profile.credentials, cli.now) };
  if (operation.method === "GET") {
    for (const [name, value] of fields) url.searchParams.append(name, value);
    return [url.href, { method: "GET", headers }];
  }
  const { type, body } = multipart(fields);
  return [url.href, { method: operation.method, headers: { ...headers, "Content-Type": type }, body }];
};

const login = async (
  cli: CliProcess,
  profiles: readonly Profile[],
  [name = "", given = "", key = ""]: readonly string[],
): Promise<number> => {
  const [consumer, token, secret, ...more] = key.split(":");
  if (consumer === undefined || token === undefined || secret === undefined || more.length > 0) {
    cli.stderr(
      failed(profiles, `Malformed credentials string.  Expected 3 colon-separated items, got '${key}'.`),
    );
    return 2;
  }
  const url = given.includes("/api/")
    ? given
    : new URL("api/2.0/", given.endsWith("/") ? given : `${given}/`).href;
  const credentials: [string, string, string] = [consumer, token, secret];
  const described = await request(new URL("describe/", url).href, { method: "GET", headers: {} });
  if ("failure" in described) {
    cli.stderr(failed(profiles, described.failure));
    return 2;
  }
  const headers = { Authorization: oauthHeader(credentials, cli.now) };
  const who = await request(new URL("users/?op=whoami", url).href, { method: "GET", headers });
  if ("failure" in who || who.status !== 200) {
    cli.stderr("The MAAS server rejected your API key.\n");
    return 1;
  }
  const description: unknown = JSON.parse(described.body);
  handlersOf(description);
  saveProfile(databaseOf(cli), { name, url, credentials, description });
  cli.stdout(`\nYou are now logged in to the MAAS server at\n${url} with the profile name\n'${name}'.\n`);
  return 0;
};

/** Runs one `maas` command against the region of a profile; resolves with the exit code. */
export const runMaas = async (cli: CliProcess): Promise<number> => {
  const profiles = readProfiles(databaseOf(cli));
  const [first, ...rest] = cli.argv;
  const profile = profiles.find(({ name }) => name === first);
  if (profile) return await runOperation(cli, profile, profiles, rest);
  switch (first) {
    case "list":
      for (const { name, url, credentials } of profiles)
        cli.stdout(`${name} ${url} ${credentials.join(":")}\n`);
      return 0;
    case "login":
      return await login(cli, profiles, rest);
    case "logout":
      deleteProfile(databaseOf(cli), rest[0] ?? "");
      return 0;
    case "refresh":
      return 0;
    case undefined:
    case "-h":
    case "--help":
      (first ? cli.stdout : cli.stderr)(
        first ? help(profiles) : failed(profiles, "the following arguments are required: COMMAND"),
      );
      return first ? 0 : 2;
    default:
      cli.stderr(unknownCommand(profiles, first));
      return 2;
  }
};
