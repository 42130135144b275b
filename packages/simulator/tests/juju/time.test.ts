import { expect } from "chai";
import { parseGoDuration } from "../../duration.ts";
import { exactTime, friendlyTime, statusTime } from "../../juju/time.ts";

describe("the times that juju prints", () => {
  const at = "2026-05-20T09:12:33.120Z";
  const after = (seconds: number): string => friendlyTime(at, Date.parse(at) + seconds * 1000);

  it("are relative within a day and a date from then on", () => {
    expect([0, 1.9, 2, 59, 60, 3599, 3600, 86_399, 86_400].map(after)).to.deep.equal([
      "just now",
      "just now",
      "2 seconds ago",
      "59 seconds ago",
      "1 minutes ago",
      "59 minutes ago",
      "1 hours ago",
      "23 hours ago",
      "2026-05-20",
    ]);
  });

  it("are exact to what is known, without zeros at the end", () => {
    expect(exactTime(at)).to.equal("2026-05-20 09:12:33.12 +0000 UTC");
    expect(exactTime("2026-05-20T09:12:33Z")).to.equal("2026-05-20 09:12:33 +0000 UTC");
    expect(statusTime(at)).to.equal("20 May 2026 09:12:33Z");
  });

  it("are read as Go writes durations", () => {
    expect(["0", "10m", "1h30m", "1.5s", "-2s", "10", "m", ""].map(parseGoDuration)).to.deep.equal([
      0,
      600_000,
      5_400_000,
      1500,
      -2000,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
