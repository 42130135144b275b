/** `node tests/teardown/report/support/screenshot.ts <report.html> <file.png>`: the top of a run's report, for docs/. */
import { readFileSync } from "node:fs";
import { startChromium } from "./chromium.ts";

const [report = "", png = ""] = process.argv.slice(2);
const browser = await startChromium();
try {
  const page = await browser.open(readFileSync(report, "utf8"), { width: 1100, scheme: "light" });
  await page.screenshot({ path: png, clip: { x: 0, y: 0, width: 1100, height: 900 } });
} finally {
  await browser.close();
}
