import { expect } from "chai";
import { execa } from "execa";

// Flags of V8 stay for a process's whole life: this takes one of its own.
const usedAfterGarbage = async (machines: number): Promise<number> => {
  const module = new URL("../../components/footprint.ts", import.meta.url).href;
  const lines = `
    import { getHeapStatistics } from "node:v8";
    import { staySmall } from ${JSON.stringify(module)};
    staySmall(${machines});
    // As much as makes V8 itself expect more of it, and then no more that would make it collect.
    for (const megabytes of [200, 150]) {
      const garbage = Array.from({ length: megabytes }, () => new Array(125_000).fill(0.5));
      await new Promise((resolve) => setTimeout(resolve, garbage.length));
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(getHeapStatistics().used_heap_size);`;
  const { stdout } = await execa(process.execPath, ["--input-type=module-typescript", "--eval", lines]);
  return Number(stdout);
};

describe("the provider's memory", () => {
  it("is collected soon when the lab is large", async () => {
    expect(await usedAfterGarbage(1_000)).to.be.below(250e6);
  });
});
