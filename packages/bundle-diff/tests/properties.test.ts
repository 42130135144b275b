import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { sampleNames, samplePath, summaries } from "./support/bundles.ts";
import { decisions, type RawBundle, respell } from "./support/respell.ts";
import { singleChanges } from "./support/single-changes.ts";

const names = ["export", "focalYoga", "jammyYoga", "jammyZed", "caracal", "overlay"] as const;

/** A sample as plain values, read by the YAML package itself and not by what is tested. */
const rawSample = (name: keyof typeof sampleNames): RawBundle => {
  const [base, overlay] = parseAllDocuments(readFileSync(samplePath(name), "utf8")).map((document) => {
    const value: RawBundle = document.toJS();
    return value;
  });
  if (base === undefined) throw new Error(`${name} is empty`);
  for (const [application, { offers }] of Object.entries(overlay?.applications ?? {})) {
    const target = base.applications[application];
    if (target !== undefined && offers !== undefined) target.offers = offers;
  }
  return base;
};

// A smaller seed is no simpler bundle, so there is nothing to shrink.
const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 }));

describe("any spelling of a bundle", function () {
  // Two bundles are written and read in each run, on a machine that may be busy.
  this.timeout(120_000);

  for (const name of names)
    it(`is the same as ${sampleNames[name]}`, () => {
      const original = readFileSync(samplePath(name), "utf8");
      expect(summaries(original, original)).to.deep.equal([]);
      fc.assert(
        fc.property(seed, seed, (one, other) => {
          const raw = rawSample(name);
          const spelled = respell(raw, one, true);
          expect(summaries(original, spelled)).to.deep.equal([]);
          expect(summaries(spelled, respell(raw, other, true))).to.deep.equal([]);
        }),
        { numRuns: 12 },
      );
    });
});

describe("any single change in a bundle", function () {
  this.timeout(120_000);

  for (const change of singleChanges)
    it(`is found alone, however the bundles are spelled: ${change.what}`, () => {
      fc.assert(
        fc.property(fc.constantFrom(...names), seed, (name, from) => {
          const old = rawSample(name);
          const current = rawSample(name);
          const decide = decisions(from);
          const candidates = Object.entries(current.applications).filter(
            ([, application]) =>
              (application.charm !== undefined || name === "overlay") &&
              (change.fits?.(application, current) ?? true),
          );
          const [chosen, application] = candidates[decide.below(candidates.length)] ?? [];
          fc.pre(chosen !== undefined && application !== undefined);
          if (chosen === undefined || application === undefined) return;
          const expected = change.apply(current, chosen, application);
          const renumber = change.keepsNumbers !== true;
          const [a, b] = [respell(old, from, renumber), respell(current, from + 1, renumber)];
          expect(summaries(a, b)).to.deep.equal([expected]);
        }),
        { numRuns: 12 },
      );
    });
});
