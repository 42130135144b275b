import { readFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { byteCounter } from "../../bench/byte-counter.ts";
import type { SideBySide } from "../../bench/five.ts";
import { fiveMachines } from "../../bench/five.ts";
import { svg } from "../../bench/plot.ts";
import type { Results } from "../../bench/results.ts";
import { plotsOf } from "../../bench/results-plot.ts";
import { spread } from "../../bench/statistics.ts";
import { resultsTable } from "../../bench/table.ts";

const side = (runbook: number, stack: number, path: number): SideBySide => ({
  plan: fiveMachines(false),
  criticalPath: spread([path]),
  runbook: { total: spread([runbook]), outside: spread([runbook - path]) },
  stack: {
    total: spread([stack]),
    outside: spread([stack - path]),
    up: spread([1]),
    peakBytes: spread([1]),
    phases: { guards: spread([300]), "engine <end>": spread([100]) },
  },
});
const results: Results = {
  at: "2026-11-22T18:00:00.000Z",
  machine: { cores: 2, model: "x", memoryBytes: 1, load: 0, node: "24", pulumi: "3" },
};
const lineOf = (table: string, pattern: RegExp) => table.split("\n").find((line) => pattern.test(line)) ?? "";

describe("the table of results", () => {
  it("says of each number whether its goal is met", () => {
    const met = resultsTable({ ...results, five: side(12_000, 9_000, 6_100) });
    expect(lineOf(met, /outside of it, pulumi/)).to.match(/2\.9 s +at most 3\.0 s +met$/);
    expect(lineOf(met, /five machines: pulumi destroy/)).to.match(/met$/);
    const missed = resultsTable({ ...results, five: side(8_000, 9_200, 6_100) });
    expect(lineOf(missed, /outside of it, pulumi/)).to.match(/3\.1 s +at most 3\.0 s +MISSED$/);
    expect(lineOf(missed, /five machines: pulumi destroy/)).to.match(/MISSED$/);
  });

  it("compares with the floor plus the critical path", () => {
    const many = {
      machines: 1000,
      checkpoints: true,
      parallel: 1100,
      up: { floor: 10_000, lab: 15_000, criticalPath: 2_000 },
      destroy: { floor: 10_000, lab: 16_001, criticalPath: 3_000 },
      stateBytesPerMachine: { floor: 1, lab: 2_048, entry: 1_024, own: 300 },
      peakBytes: { floor: 1, lab: 250e6 },
    };
    const table = resultsTable({ ...results, many: [many] });
    expect(lineOf(table, /: up/)).to.match(
      /15\.0 s, floor 10\.0 s, critical path 2\.0 s +at most 15\.0 s +met$/,
    );
    expect(lineOf(table, /: destroy/)).to.match(/MISSED$/);
    expect(lineOf(table, /state a machine/)).to.match(/met$/);
    expect(lineOf(table, /peak memory/)).to.match(/MISSED$/);
  });
});

describe("the plot of results", () => {
  const point = (machines: number) => ({
    machines,
    delay: { median: machines, max: machines * 2 },
    wait: { min: 1, max: 2 },
    requestsPerMachine: 3,
    bytesPerMachine: 4,
    atOnce: 5,
    stateBytesPerMachine: 6,
    peakBytes: 7,
  });

  it("draws each series with a point for each number of machines", () => {
    const drawn = plotsOf({ ...results, five: side(1, 2, 3), curve: [point(5), point(50), point(500)] });
    expect(drawn.match(/<circle/g)).to.have.length(3 * 5);
    expect(drawn).to.not.include("NaN");
    // Names are text, whatever is in them.
    expect(drawn).to.include("engine &lt;end&gt;").and.not.include("<end>");
  });

  it("can be drawn of nothing", () => {
    expect(svg({ title: "", unit: "", bars: [] }, [])).to.match(/^<svg [\s\S]*<\/svg>\n$/);
  });
});

describe("the counter of bytes", () => {
  it("passes on what MAAS says, and counts it", async () => {
    const server = createServer((_, response) => response.end("x".repeat(10_000)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const counter = await byteCounter(
      `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/MAAS`,
    );
    const body = await new Promise<string>((resolve, reject) => {
      get(counter.url, { agent: false }, (answer) => {
        let text = "";
        answer.on("data", (piece) => {
          text += String(piece);
        });
        answer.on("end", () => resolve(text));
      }).on("error", reject);
    });
    expect(body).to.have.length(10_000);
    expect(counter.bytes()).to.be.within(10_000, 10_500);
    counter.stop();
    server.close();
  });
});

describe("the runbook as a script", () => {
  const script = readFileSync(join(import.meta.dirname, "../../bench/runbook.sh"), "utf8");

  it("has the runbook's commands as written", () => {
    for (const command of [
      "juju whoami",
      "juju export-bundle",
      "--format=yaml",
      "--force --no-wait --destroy-storage --no-prompt",
      "machines read",
      'machine release "$system_id" comment="Caracal rebuild teardown"',
      "sleep 5",
    ])
      expect(script).to.include(command);
  });
});
