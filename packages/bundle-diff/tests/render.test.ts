import { expect } from "chai";
import { visible } from "../visible.ts";
import {
  application,
  renderHtml,
  renderJson,
  renderMarkdown,
  renderText,
  reportOf,
} from "./support/bundles.ts";

const hostile = "\u001b[31m<script>alert('x')</script>\u202e\u009b&\"\u0007";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come out
const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const quoted = JSON.stringify(hostile).replaceAll("\u202e", "\\u202e").replaceAll("\u009b", "\\u009b");
const hostileReport = () =>
  reportOf(
    application("options: {debug: a}"),
    `applications:\n  keystone: {charm: keystone, options: {debug: ${quoted}, ${quoted}: 1}, constraints: ${quoted}, bindings: {${quoted}: ${quoted}}}\n  ${quoted}: {charm: ${quoted}, channel: ${quoted}}\nsaas: {${quoted}: {url: ${quoted}}}\nrelations: [[keystone, ${quoted}], ['keystone:${"a"}', 'keystone:b']]\n`,
  );

describe("rendering hostile values", () => {
  it("shows control and reordering characters by number", () => {
    expect(visible("a\u001b[2Jb\u202ec\u009bd\ne")).to.equal("a\\u{1b}[2Jb\\u{202e}c\\u{9b}d\\ne");
    expect(visible("ä → 漢字 · 😀")).to.equal("ä → 漢字 · 😀");
  });

  it("lets nothing act on a terminal in text, JSON or HTML", () => {
    const report = hostileReport();
    expect(report.changes.length).to.be.greaterThan(4);
    for (const output of [renderText(report), renderJson(report), renderMarkdown(report), renderHtml(report)])
      expect(output).not.to.match(acting);
    expect(renderText(report)).to.include("\\u{1b}[31m");
  });

  it("lets nothing become markup", () => {
    const page = renderHtml(hostileReport());
    expect(page).not.to.include("<script");
    expect(page).to.include("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    expect(page).to.include("&amp;&quot;");
  });

  it("lets nothing become Markdown", () => {
    const evil = (body: string): string => application(`options: {a: ${JSON.stringify(body)}}`);
    const output = renderMarkdown(reportOf(evil("x\n```\n# one"), evil("y\n```\n# <b>`two`</b>")));
    expect(output)
      .to.match(/^ {2}````diff$/m)
      .and.to.match(/^ {2}````$/m);
    const inside = renderMarkdown(
      reportOf(application("options: {a: '`'}"), application("options: {a: '``'}")),
    );
    expect(inside).to.include("- changed option `a`: `` ` `` → ``` `` ```");
  });

  it("keeps the values themselves in JSON", () => {
    const parsed: unknown = JSON.parse(renderJson(hostileReport()));
    expect(JSON.stringify(parsed)).to.include(JSON.stringify(hostile).slice(1, -1));
  });
});

describe("rendering a report", () => {
  it("writes Markdown for an issue", () => {
    const [old, current] = ["options: {region: one}", "options: {region: two}, num_units: 2"].map((body) =>
      application(body),
    );
    expect(renderMarkdown(reportOf(old ?? "", current ?? ""))).to.equal(
      [
        "# Bundle difference",
        "",
        "- old: `old.yaml` (1 application · 0 machines · 0 relations)",
        "- new: `new.yaml` (1 application · 0 machines · 0 relations)",
        "",
        "**Different: 2 differences.**",
        "",
        "## Applications changed (2)",
        "",
        "### `keystone`",
        "",
        "- changed units: `0` → `2`",
        "- changed option `region`: `one` → `two`",
        "",
      ].join("\n"),
    );
  });

  it("says that bundles are the same", () => {
    const report = reportOf(application("num_units: 1"), application("num_units: 1"));
    expect(renderText(report)).to.include("Same: both bundles deploy the same thing.");
    expect(renderHtml(report)).to.include("Same: both bundles deploy the same thing.");
    expect(JSON.parse(renderJson(report))).to.deep.include({
      format: "bundle-diff/1",
      same: true,
      changes: [],
      release: null,
    });
  });

  it("shows values of several lines by the lines that differ", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const text = (changed: string): string =>
      application(
        `options: {policy: ${JSON.stringify(lines.map((line) => (line === "line 15" ? changed : line)).join("\n"))}}`,
      );
    const output = renderText(reportOf(text("line 15"), text("line fifteen")));
    expect(output).to.match(/^ +- line 15\n +\+ line fifteen\n/m);
    expect(output).to.include("line 13").and.to.include("line 17");
    expect(output).not.to.include("line 12");
    expect(output).not.to.include("line 18");
  });

  it("tells a change that many share once", () => {
    const many = (value: string): string =>
      `applications:\n${["a", "b", "c"].map((name) => `  ${name}: {charm: ${name}, options: {region: ${value}}}`).join("\n")}\n`;
    const output = renderText(reportOf(many("one"), many("two")));
    expect(output.match(/one → two/g)).to.have.length(1);
    expect(output).to.match(/option region +one → two {2}\(3\)\n +a, b, c\n/);
    const two = renderText(reportOf(many("one"), many("two").replace("region: two", "region: one")));
    expect(two.match(/one → two/g)).to.have.length(2);
  });

  it("never tells secrets for one and the same", () => {
    const many = (value: string): string =>
      `applications:\n${["a", "b", "c"].map((name) => `  ${name}: {charm: ${name}, options: {password: ${value}${name}}}`).join("\n")}\n`;
    expect(renderText(reportOf(many("first"), many("other"))).match(/changed \(masked\)/g)).to.have.length(3);
  });

  it("keeps to 100 columns where words allow", () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
    const output = renderText(
      reportOf(application(`options: {a: ${words}}`), application(`options: {a: ${words} more}`)),
    );
    expect(Math.max(...output.split("\n").map((line) => line.length))).to.be.at.most(100);
    expect(output).to.include("word59 more");
  });

  it("shortens what is endless", () => {
    const output = renderText(
      reportOf(application("num_units: 1"), application(`num_units: 1, options: {a: ${"x".repeat(50_000)}}`)),
    );
    expect(output.length).to.be.below(5000);
    expect(output).to.include("(50000 characters)");
  });

  it("makes a page of its own: no script, nothing from elsewhere, both colour schemes, paper", () => {
    const page = renderHtml(reportOf(application("num_units: 1"), application("num_units: 2")));
    expect(page).to.match(/^<!doctype html>/);
    expect(page).not.to.match(/<script|<link|<img|src=|url\(|@import/);
    expect(page)
      .to.include("prefers-color-scheme: dark")
      .and.to.include("@media print")
      .and.to.include("max-width: 40rem");
    expect(page).to.include("<del>1</del> → <ins>2</ins>");
  });
});
