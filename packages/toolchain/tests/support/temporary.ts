import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh directory for each test of the surrounding describe(), removed afterwards. */
export const temporaryDirectory = (): (() => string) => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "toolchain-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  return () => directory;
};
