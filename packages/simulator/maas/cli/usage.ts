/** Commands of the `maas` CLI that are no profile, with their titles. Source: maascli 3.6.5, recorded. */
const builtIn = [
  ["login", "Log in to a remote API, and remember its description and\n                  credentials."],
  ["logout", "Log out of a remote API, purging any stored credentials."],
  ["list", "List remote APIs that have been logged-in to."],
  ["refresh", "Refresh the API descriptions of all profiles."],
  ["init", "Initialize controller."],
  [
    "apikey",
    "Used to manage a user's API keys. Shows existing keys unless\n                  --generate or --delete is passed.",
  ],
  ["configauth", "Configure external authentication."],
  ["config-tls", "Configure MAAS Region TLS."],
  ["config-vault", "Configure MAAS Region Vault integration."],
  ["msm", "Configure enrolment with a Site Manager instance"],
  ["createadmin", "Create a MAAS administrator account."],
  ["changepassword", "Change a MAAS user's password."],
] as const;

/** One line of a list of commands; a name too long for its column has its title on the next line. */
const commandLine = (name: string, title: string, column: number): string =>
  name.length + 4 + 2 > column
    ? `    ${name}\n${" ".repeat(column)}${title}`
    : `${`    ${name}`.padEnd(column)}${title}`;

const choices = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(", ");

type Profiles = readonly { name: string; url: string }[];

const topUsage = (profiles: Profiles): string =>
  [
    "usage: maas [-h] COMMAND ...",
    "",
    "options:",
    "  -h, --help      show this help message and exit",
    "",
    "drill down:",
    "  COMMAND",
    ...builtIn.map(([name, title]) => commandLine(name, title, 18)),
    ...profiles.map(({ name, url }) => commandLine(name, `Interact with ${url}`, 18)),
    "",
    "https://maas.io/",
    "",
  ].join("\n");

/** The general help. */
export const help = (profiles: Profiles): string => topUsage(profiles);

/** What goes to stderr when a command fails: the general usage, then why. */
export const failed = (profiles: Profiles, reason: string): string => `${topUsage(profiles)}\n${reason}\n`;

/** What goes to stderr for a first word that is neither a command nor a profile. */
export const unknownCommand = (profiles: Profiles, word: string): string => {
  const names = [...builtIn.map(([name]) => name), ...profiles.map(({ name }) => name)];
  return failed(profiles, `argument COMMAND: invalid choice: '${word}' (choose from ${choices(names)})`);
};

/** What goes to stderr for a word that is no handler of a profile or no operation of a handler. */
export const unknownChoice = (
  prefix: string,
  doc: string,
  commands: readonly { name: string; title: string }[],
  word: string | undefined,
): string => {
  const column = 20;
  const names = commands.map(({ name }) => name);
  const reason =
    word === undefined
      ? "the following arguments are required: COMMAND"
      : `argument COMMAND: invalid choice: '${word}' (choose from ${choices(names)})`;
  return [
    `usage: ${prefix} [-h] COMMAND ...`,
    "",
    ...(doc === "" ? [] : [doc, ""]),
    "options:",
    "  -h, --help        show this help message and exit",
    "",
    "drill down:",
    "  COMMAND",
    ...commands.map(({ name, title }) => commandLine(name, title, column)),
    "",
    reason,
    "",
  ].join("\n");
};

/** What goes to stderr when an operation lacks what it acts on, like a system_id. */
export const missingArguments = (prefix: string, params: readonly string[]): string =>
  `usage: ${prefix} [-h] [-d] [-k] ${params.join(" ")} [data ...]\n${prefix}: error: the following arguments are required: ${params.join(", ")}\n`;
