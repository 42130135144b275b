import { expect } from "chai";
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

  // The machines exist in MAAS: one in no model, one of another model.
  const otherLab = "44444444-5555-4666-8777-888888888888";
  const leftOver = {
    acceptDeleted: "zzzz03",
    alsoDestroyed: "zzzz03,zzzz04",
    releaseUnclaimed: "zzzz03,zzzz04",
    withoutBundle: otherLab,
    acceptVmDeletion: otherLab,
    adoptPartial: otherLab,
  };
  const permissions = Math.ceil(cases / 4);
  it(`comes to the same with the permissions of another lab, in ${permissions} cases (PROPERTY_SEED=${seed})`, async () => {
    // How an error lists what is permitted already, and where its run directory is.
    const plain = (text: string) =>
      text
        .replace(/(-c \w+=)(?:(?:zzzz0[34]|4{8}[-\w]+),)+/g, "$1")
        .replace(/\S*openstack-lab-properties-\S*/g, "<run>");
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const without = await play(scenario);
        const withThem = await play(scenario, leftOver);
        expect(withThem.ended.map(plain)).to.deep.equal(without.ended.map(plain));
        expect(withThem.violations).to.deep.equal(without.violations);
      }),
      { seed, numRuns: permissions, unbiased: true },
    );
  });
});
