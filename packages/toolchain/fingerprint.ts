import { join } from "node:path";
import { candidatesMark } from "./candidates.ts";
import type { Layout } from "./layout.ts";
import { fileMark, partNames } from "./parts.ts";
import { commandWrapper, dynamicProviderWrapper, languageHostWrapper } from "./stand-ins.ts";
import { versions } from "./versions.ts";

/** Changes whenever the parts have to be looked for again. */
export const fingerprintOf = (layout: Layout, env: NodeJS.ProcessEnv): string =>
  JSON.stringify([
    versions,
    layout.root,
    candidatesMark(layout, env),
    fileMark(join(layout.bin, partNames.cli)),
    fileMark(join(layout.root, "packages/toolchain/engine/go.sum")),
    [languageHostWrapper(layout), dynamicProviderWrapper(layout), commandWrapper(layout)],
  ]);
