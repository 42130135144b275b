import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { replaceDirectory, runDownload } from "../download.ts";
import { isAlive, processStart } from "../lock.ts";
import { temporaryDirectory } from "./support/temporary.ts";

describe("a download", () => {
  const directory = temporaryDirectory();
  const download = (body: string, quiet = 60_000) => {
    const lines: string[] = [];
    const outcome = runDownload(
      { what: "it", command: ["/bin/sh", "-c", body], work: join(directory(), "work"), env: process.env },
      (line) => lines.push(line),
      { quiet, whole: 60_000 },
    );
    return { outcome, lines };
  };

  it("succeeds with its command, which keeps its temporary files with it", async () => {
    expect(await download('echo x > "$TMPDIR/file"').outcome).to.equal(undefined);
    expect(readFileSync(join(directory(), "work/file"), "utf8")).to.equal("x\n");
  });

  it("fails with the last line that its command said", async () => {
    expect(await download("echo first; echo cannot resolve host >&2; exit 6").outcome).to.equal(
      "cannot resolve host",
    );
  });

  it("is ended, with all that it started, when nothing arrives", async () => {
    const file = join(directory(), "pid");
    const { outcome } = download(`sleep 60 & echo $! > ${file}; wait`, 300);
    expect(await outcome).to.equal("nothing arrived for 0.3 s");
    const pid = Number(readFileSync(file, "utf8"));
    while (
      isAlive({ pid, started: processStart(pid) }) &&
      !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it("may last longer than the limit as long as something arrives, and shows how much", async () => {
    const body = 'for i in 1 2 3 4 5 6 7 8 9; do echo $i >> "$TMPDIR/file"; sleep 0.4; done';
    const { outcome, lines } = download(body, 2500);
    expect(await outcome).to.equal(undefined);
    expect(lines.join("\n")).to.match(/ 3 s: \d+\.\d MB of it/);
  });

  it("puts a finished directory in the place of another, and leaves nothing else", () => {
    const [finished, place] = [join(directory(), "finished"), join(directory(), "place")];
    for (const [name, content] of [
      [finished, "new"],
      [place, "old"],
    ] as const) {
      mkdirSync(name);
      writeFileSync(join(name, "file"), content);
    }
    replaceDirectory(finished, place);
    expect(readFileSync(join(place, "file"), "utf8")).to.equal("new");
    expect(existsSync(finished)).to.equal(false);
    expect(existsSync(`${place}.incomplete-${process.pid}`)).to.equal(false);
  });
});
