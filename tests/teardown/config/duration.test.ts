import { expect } from "chai";
import fc from "fast-check";
import { parseDuration, sayDuration } from "../../../teardown/config/duration.ts";

describe("duration: as the configuration spells it", () => {
  it("reads seconds, minutes, hours and sums of them", () => {
    const cases: [string, number][] = [
      ["90s", 90_000],
      ["10m", 600_000],
      ["1h", 3_600_000],
      ["1h30m", 5_400_000],
      ["1.5h", 5_400_000],
      ["0.25s", 250],
      ["1h0m1s", 3_601_000],
    ];
    for (const [text, ms] of cases) expect(parseDuration(text), text).to.equal(ms);
  });

  it("does not read anything else", () => {
    for (const text of [
      "",
      "10",
      "m",
      "10 m",
      "-1h",
      "1d",
      "10ms",
      "1h,30m",
      "1e3s",
      "1.h",
      ".5h",
      "0s",
      "0h0m",
      "10M",
      " 1h",
      "1h\n",
    ]) {
      expect(parseDuration(text), JSON.stringify(text)).to.equal(undefined);
    }
  });

  it("reads back whatever is spelled in whole hours, minutes and seconds", () => {
    const whole = fc.nat({ max: 10_000 });
    fc.assert(
      fc.property(whole, whole, whole, (h, m, s) => {
        const ms = h * 3_600_000 + m * 60_000 + s * 1_000;
        expect(parseDuration(`${h}h${m}m${s}s`)).to.equal(ms === 0 ? undefined : ms);
      }),
    );
  });

  it("is undefined or a positive number for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d.smh]{0,8}$/)), (text) => {
        const ms = parseDuration(text);
        if (ms !== undefined) expect(ms).to.be.greaterThan(0);
      }),
    );
  });
});

describe("duration: as a person says it", () => {
  it("takes the unit that fits", () => {
    const cases: [number, string][] = [
      [0, "0 ms"],
      [-5, "0 ms"],
      [850, "850 ms"],
      [1_000, "1.0 s"],
      [3_240, "3.2 s"],
      [42_000, "42 s"],
      [59_499, "59 s"],
      [59_500, "1 min"],
      [60_000, "1 min"],
      [185_000, "3 min 5 s"],
      [3_600_000, "1 h"],
      [7_800_000, "2 h 10 min"],
      [90_000_000, "25 h"],
    ];
    for (const [ms, text] of cases) expect(sayDuration(ms), String(ms)).to.equal(text);
  });

  it("never says 60 of a unit that has a bigger one", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100 * 3_600_000 }), (ms) => {
        expect(sayDuration(ms)).to.not.match(/(^| )60 (s|min)/);
      }),
    );
  });

  it("says whole seconds below an hour so that they can be read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 3_599 }), (seconds) => {
        const spelled = sayDuration(seconds * 1_000)
          .replaceAll(" min", "m")
          .replaceAll(" s", "s")
          .replaceAll(" ", "");
        expect(parseDuration(spelled)).to.equal(seconds * 1_000);
      }),
    );
  });
});
