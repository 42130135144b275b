import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Host } from "../clients/host.ts";
import { hostMatches, type Settings } from "../config/settings.ts";
import type { Finding } from "../run/event.ts";
import { tryWriting } from "../run/files.ts";
import { inHome } from "../run/run-directory.ts";
import { destroyWith, ok, refused } from "./finding.ts";

const writable = (root: string): Finding => {
  let there = root;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  let problem: string | undefined;
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    problem = tryWriting(root);
  } catch (error) {
    problem = (error as Error).message;
  }
  return problem === undefined
    ? ok("backup root", root, "writable")
    : refused("backup root", root, `cannot be written to: ${problem}`, {
        expected: "a folder for the captured files",
        next: `mend ${there}, or: ${destroyWith("backupRoot", "<folder>")}`,
      });
};

/** The right host, the right user, and room for the capture. */
export const hostGuard = (settings: Settings, host: Host): Finding[] => {
  const rightHost = hostMatches(settings.host, host.hostnames[0] ?? host.hostname);
  return [
    rightHost
      ? ok("host", host.hostname, "the host of this lab")
      : refused("host", host.hostname, "is not the host from which this lab is torn down", {
          expected: settings.host,
          next: `log in to ${settings.host}, or correct \`host\` in the stack's configuration`,
        }),
    host.user === settings.user
      ? ok("user", host.user, "the user of this lab")
      : refused("user", host.user, "is not the user who tears this lab down", {
          expected: settings.user,
          next: `log in as ${settings.user}, or correct \`user\` in the stack's configuration`,
        }),
    writable(inHome(settings.backupRoot)),
  ];
};
