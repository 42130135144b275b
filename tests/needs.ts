import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// What tests need of the machine beside what `make setup` installs: why it is not there, or undefined.

const runs = (program: string, ...argv: string[]): boolean => spawnSync(program, argv).error === undefined;

/** A small disk of one's own. */
export const noMounting = (): string | undefined => {
  const probe = mkdtempSync(join(tmpdir(), "mount-probe-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", probe], { stdio: "ignore" });
    execFileSync("umount", [probe]);
    return undefined;
  } catch {
    return "needs the right to mount";
  } finally {
    rmdirSync(probe);
  }
};
export const noTmux = (): string | undefined => (runs("tmux", "-V") ? undefined : "needs tmux");
export const noOpenssl = (): string | undefined => (runs("openssl", "version") ? undefined : "needs openssl");
/** The browser's npm package has no other. */
export const noChromium = (): string | undefined => (process.arch === "x64" ? undefined : "needs an x64 CPU");

/** What `make test` leaves to `make test-faults`: not defined there, since nothing is missing. */
export const inTestFaults = (title: string, test: Mocha.AsyncFunc): void => {
  if (process.env.FAULTS === "all") it(title, test);
};

/** An `it`; where something is missing a skipped one, with the reason in its title. */
export const itUnless =
  (missing: string | undefined) => (title: string, test: Mocha.Func | Mocha.AsyncFunc) =>
    missing === undefined ? it(title, test) : it.skip(`${title} [${missing}]`, test);

/** A `describe`; where something is missing all its tests are skipped, with the reason in its title. */
export const describeUnless =
  (missing: string | undefined) => (title: string, tests: (this: Mocha.Suite) => void) =>
    missing === undefined ? describe(title, tests) : describe.skip(`${title} [${missing}]`, tests);
