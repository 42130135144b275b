import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The file that the client fetches on its first run; the lab's store has it, one of your own may not. */
export const publicClouds = "public-clouds.yaml";

/**
 * What the client writes on stderr when it runs for the first time, offline: an ERROR that is none, as the exit code is
 * that of the command. Recorded behind a proxy that refused.
 */
const noise = `ERROR Get "https://streams.canonical.com/juju/public-clouds.syaml": proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused
Since Juju 3 is being run for the first time, it has downloaded the latest public cloud information.
`;

/** Writes that noise once per store; does nothing for a store that was used before. */
export const firstRun = (directory: string, stderr: (text: string) => void): void => {
  const file = join(directory, publicClouds);
  if (existsSync(file)) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(file, "clouds: {}\n", { mode: 0o600 });
  stderr(noise);
};
