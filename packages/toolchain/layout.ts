import { join } from "node:path";
import { versions } from "./versions.ts";

/** Where the toolchain keeps what it makes: everything below one directory that git ignores. */
export type Layout = {
  /** The project: holds node_modules and toolchain/. */
  root: string;
  /** `.toolchain`. */
  directory: string;
  /** PULUMI_HOME whenever something of ours is used. */
  home: string;
  /** Where the npm package `pulumi` looks for the CLI: `$PULUMI_HOME/versions/<v>/bin`. */
  bin: string;
  /** Where Pulumi looks for the command plugin. */
  commandPlugin: string;
  /** Half-made things; each run empties what dead runs left. */
  temporary: string;
  lock: string;
  /** What the last set-up found and made. */
  record: string;
  /** Compiled JavaScript of Node, to start faster. */
  compileCache: string;
};

/** The layout below `root` (absolute path of the project). */
export const layoutOf = (root: string): Layout => {
  const directory = join(root, ".toolchain");
  const home = join(directory, "pulumi-home");
  return {
    root,
    directory,
    home,
    bin: join(home, "versions", versions.pulumi, "bin"),
    commandPlugin: join(home, "plugins", `resource-command-v${versions.command}`),
    temporary: join(directory, "tmp"),
    lock: join(directory, "lock"),
    record: join(directory, "parts.json"),
    compileCache: join(directory, "node-cache"),
  };
};
