import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import {
  commandWrapper,
  dynamicProviderWrapper,
  languageHostWrapper,
  writeWrapper,
} from "../../stand-ins.ts";
import { startEngine } from "../support/engine.ts";
import { testProject } from "../support/project.ts";
import { temporaryDirectory } from "../support/temporary.ts";

describe("the scripts that Pulumi starts", () => {
  const directory = temporaryDirectory();

  for (const [name, wrapperOf] of Object.entries({
    "language host": languageHostWrapper,
    "command plugin": commandWrapper,
    "dynamic provider": dynamicProviderWrapper,
  }))
    it(`start the ${name} with the project's Node, with no \`node\` on PATH, after the project was moved`, async () => {
      const { layout } = testProject(directory());
      const written = writeWrapper(wrapperOf(layout));
      const moved = join(directory(), "moved to another place");
      renameSync(layout.root, moved);
      const engine = await startEngine();
      const child = spawn(join(moved, relative(layout.root, written)), [engine.address], {
        cwd: moved,
        env: { PATH: "/no/such/directory" },
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
      });
      try {
        const [port] = await once(createInterface(child.stdout), "line");
        expect(Number(port)).to.be.within(1024, 65_535);
      } finally {
        process.kill(-(child.pid ?? 0), "SIGKILL");
        engine.die();
      }
    });
});
