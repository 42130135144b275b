import fc from "fast-check";
import { play } from "./support/play.ts";
import { scenarios } from "./support/scenario.ts";

const cases = Number(process.env.PROPERTY_CASES ?? 200);
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2 ** 31);

describe("any teardown, whatever happens to it", function () {
  this.timeout(Math.max(120_000, cases * 1_000));

  it(`keeps its promises in ${cases} cases (PROPERTY_SEED=${seed})`, async () => {
    const ended = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const played = await play(scenario);
        for (const end of played.ended) {
          const key = process.env.PROPERTY_WHY ? end.split("\n").slice(0, 2).join("|").slice(0, 160) : "";
          ended.set(key, (ended.get(key) ?? 0) + 1);
        }
        if (played.violations.length > 0) throw new Error(played.violations.join("\n"));
      }),
      {
        seed,
        numRuns: cases,
        unbiased: true,
        ...(process.env.PROPERTY_PATH ? { path: process.env.PROPERTY_PATH, endOnFailure: true } : {}),
      },
    );
    if (process.env.PROPERTY_WHY) console.log([...ended].sort((a, b) => b[1] - a[1]));
  });
});
