import { expect } from "chai";
import { duration, parseDuration } from "../duration.ts";

describe("A duration in a scenario", () => {
  for (const [text, ms] of [
    ["250ms", 250],
    ["90s", 90_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["10", undefined],
    ["-1s", undefined],
    ["5 days", undefined],
  ] as const)
    it(`${text} is ${ms ?? "refused"}`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });

  it("may be a number of seconds", () => {
    expect(duration.parse(1.5)).to.equal(1500);
    expect(duration.safeParse(-1).success).to.equal(false);
    expect(duration.safeParse("soon").success).to.equal(false);
  });
});
