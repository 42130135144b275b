import { expect } from "chai";
import { startStory } from "../../teardown/story.ts";

describe("a story on a row", () => {
  const tell = (usual?: number) => {
    const said: string[] = [];
    let now = Date.parse("2026-11-22T17:02:11Z");
    const row = { status: (text: string) => void said.push(text), info: () => {}, warn: () => {} };
    const story = startStory(row, { now: () => now, sleep: async () => {} }, usual);
    return { said, story, later: (ms: number) => (now += ms) };
  };

  it("names each state once, and since when it waits", () => {
    const { said, story, later } = tell();
    expect(story.came("Deployed")).to.deep.equal({ from: "" });
    later(1_000);
    expect(story.came("Releasing")).to.deep.equal({ from: "Deployed" });
    expect(story.came("Releasing")).to.equal(undefined);
    story.now("MAAS does not answer");
    later(3_000);
    story.came("Ready");
    expect(said).to.deep.equal([
      "Deployed",
      "Deployed → Releasing since 17:02:12Z",
      "Deployed → Releasing since 17:02:12Z · MAAS does not answer",
      "Deployed → Releasing → Ready since 17:02:15Z",
    ]);
    expect(story.told()).to.equal("Deployed → Releasing → Ready in 4.0 s");
  });

  it("says how long it usually takes, when earlier runs tell", () => {
    const { said, story } = tell(240_000);
    story.came("Deployed");
    expect(said).to.deep.equal(["Deployed (usually 4 min in all)"]);
  });
});
