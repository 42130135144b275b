import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";

const footprint = new URL("../../components/footprint.ts", import.meta.url).href;
const program = (machines: number) => `
  import { readFileSync } from "node:fs";
  const { staySmall } = await import(${JSON.stringify(footprint)});
  staySmall(${machines});
  const text = JSON.stringify(Array.from({ length: 2_000 }, (_, id) => ({ id, name: "eth" + id, links: [{ id }, { id }] })));
  for (let list = 0; list < 20; list++)
    await Promise.all(Array.from({ length: 20 }, async (_, turn) => {
      await new Promise((resolve) => setTimeout(resolve, turn % 4));
      return JSON.parse(text).length;
    }));
  console.log(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);`;
const peakOf = async (machines: number): Promise<number> =>
  Number((await execa(process.execPath, ["--input-type=module", "-e", program(machines)])).stdout);

describe("the provider's footprint", function () {
  this.timeout(60_000);

  it("stays small when the lab is large: garbage is collected soon", async () => {
    const [large, small] = [await peakOf(1_000), await peakOf(5)];
    expect(large).to.be.below(small * 0.85);
  });

  it("leaves its compiled code to the next process although it is killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "compiled-"));
    try {
      const running = execa(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          `const { keepCompiledCode } = await import(${JSON.stringify(footprint)}); keepCompiledCode(); setInterval(() => {}, 1_000);`,
        ],
        { env: { NODE_COMPILE_CACHE: folder }, reject: false },
      );
      const files = () =>
        readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      while (files().length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      running.kill("SIGKILL");
      await running;
      expect(files().length).to.be.above(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
