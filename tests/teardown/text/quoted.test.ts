import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { quoted } from "../../../teardown/text/quoted.ts";

describe("quoted", () => {
  it("is one word of a shell, whatever it holds", () => {
    const texts = [
      "",
      "a b",
      "it's",
      "$(id)",
      "`id`",
      "a;b|c&d",
      "*",
      "~",
      "-n",
      '"',
      "\\",
      "a\nb",
      "é",
      "#x",
      "!",
      "<folder>",
    ];
    const line = `for word in ${texts.map(quoted).join(" ")}; do printf '%s\\0' "$word"; done`;
    const words = execFileSync("sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1);
    expect(words).to.deep.equal(texts);
  });

  it("leaves alone what needs no quotes", () => {
    expect(quoted("withoutBundle=22d8a2c7-e6ae,/srv/b_1@x:2")).to.equal(
      "withoutBundle=22d8a2c7-e6ae,/srv/b_1@x:2",
    );
  });
});
