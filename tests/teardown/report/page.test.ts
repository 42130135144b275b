import { expect } from "chai";
import { renderHtml } from "../../../teardown/report/html/page.ts";
import { reportOf } from "../../../teardown/report/report-of.ts";
import type { RunEvent } from "../../../teardown/run/event.ts";
import { describeUnless, noChromium } from "../../needs.ts";
import { type Browser, startChromium } from "./support/chromium.ts";
import { findLowContrast, findOverflow } from "./support/page-checks.ts";
import {
  captured,
  exit,
  factsOf,
  goodRun,
  hostnamesOf,
  machineOf,
  model,
  passed,
  started,
  story,
} from "./support/runs.ts";

const evil = `<script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="document.title='owned'">"'&\u202e${"x".repeat(300)}`;

/** A run of two destroys with every kind of problem, and hostile texts wherever the world has a say. */
const badRun = (count: number): RunEvent[] => {
  const hostnames = [...hostnamesOf(count - 1), evil];
  const run = story(hostnames)
    .at(0, started({ user: evil, host: evil, command: `pulumi destroy -m ${evil}`, message: evil }))
    .at(0, { event: "versions", seen: { juju: evil } })
    .at(2, passed(hostnames))
    .at(12, { event: "capture-failed", by: "backup", why: `${evil}\n${evil}`, took: 10_000 })
    .at(3_600, started({ settings: { erase: "none", deadline: evil } }), passed(hostnames))
    .at(3_612, captured)
    .at(3_613, model("dying"));
  for (const [at, hostname] of hostnames.entries()) {
    const machine = machineOf(hostname, at);
    run
      .at(3_613, machine.state("", "Deployed"), machine.release())
      .at(3_660 + at, machine.answer("power-failed", evil))
      .at(3_670 + at, machine.release(2))
      .at(3_720 + at, machine.answer("accepted", "Releasing", 2), machine.state("Deployed", "Releasing"));
    run.at(
      4_100 + at,
      machine.state("Releasing", "Releasing failed"),
      machine.stopped("machine", `${evil}\n${evil}`),
    );
  }
  return run.at(4_300, exit(false)).events;
};

const cases = {
  "a good run of 5": goodRun(hostnamesOf(5)),
  "a good run of 50": goodRun(hostnamesOf(50)),
  "a bad run of 5": badRun(5),
  "a bad run of 50": badRun(50),
};

describeUnless(noChromium())("the report's page in Chromium", function () {
  this.timeout(300_000);
  let browser: Browser;
  before(async () => {
    browser = await startChromium();
  });
  after(async () => await browser?.close());

  for (const [name, events] of Object.entries(cases)) {
    const page = renderHtml(reportOf(events, factsOf()));

    for (const width of [360, 768, 1280])
      it(`fits ${width} pixels: ${name}`, async () => {
        const tab = await browser.open(page, { width, scheme: "light" });
        expect(await tab.evaluate(findOverflow)).to.deep.equal([]);
      });

    for (const scheme of ["light", "dark"] as const)
      it(`has the contrast of WCAG AA in ${scheme}: ${name}`, async () => {
        const tab = await browser.open(page, { width: 1280, scheme });
        expect(await tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).to.equal(
          scheme === "dark",
        );
        expect(await tab.evaluate(findLowContrast)).to.deep.equal([]);
      });
  }

  it("answers what is asked first, without a script and without asking for anything", async () => {
    const tab = await browser.open(renderHtml(reportOf(cases["a good run of 5"], factsOf())), {
      width: 1280,
      scheme: "light",
    });
    const text = String(await tab.evaluate("document.body.innerText"));
    for (const words of [
      "✓ Torn down",
      "model admin/openstack: gone",
      "5 machines: 5 Ready",
      "2026-11-22 14:00:00 – 14:07:00 UTC",
      "7 min in 1 destroy",
      "jessea123 on vopenstack-jesse",
      "“Caracal rebuild, CHG-1”",
      "Within the runbook’s time?",
      "SHA-256 of the last: d16e57",
      "proceed to 02-deploy.md",
      "intact",
      "6 min 27 s",
      "5–10 min",
    ])
      expect(text).to.contain(words);
    expect(await tab.evaluate("document.querySelectorAll('script, link, img, iframe').length")).to.equal(0);
  });

  it("never calls a simulated lab's time normal, nor a failed power-off no failure", async () => {
    const hostnames = hostnamesOf(2);
    const one = machineOf("openstack0", 0);
    const run = story(hostnames)
      .at(0, started({ settings: { simulated: true } }), passed(hostnames))
      .at(12, captured, model("dying"), one.state("", "Deployed"), one.release())
      .at(20, one.answer("accepted", "Releasing"), one.state("Deployed", "Releasing"))
      .at(40, one.state("Releasing", "Deployed"), one.stopped("deadline", "time is up"));
    const tab = await browser.open(renderHtml(reportOf(run.events, factsOf())), {
      width: 1280,
      scheme: "light",
    });
    const text = String(await tab.evaluate("document.body.innerText"));
    expect(text).to.not.match(/normal|faster|within the runbook's time/i);
    expect(text).to.contain("not compared: a simulated lab has a time of its own");
    expect(text).to.match(/Did anything fail or have to be repeated\?\s+yes/);
    expect(text).to.contain("openstack0: release sent 1 time; the release failed: Deployed again");
  });

  it("shows hostile texts as texts", async () => {
    const tab = await browser.open("", { width: 768, scheme: "light" });
    const requested: string[] = [];
    tab.on("request", (request) => requested.push(request.url()));
    await tab.setContent(renderHtml(reportOf(cases["a bad run of 5"], factsOf())));
    expect(await tab.evaluate("document.querySelectorAll('script, img').length")).to.equal(0);
    expect(await tab.evaluate("document.title")).to.match(/^Stopped: lab, /);
    const text = String(await tab.evaluate("document.body.innerText"));
    expect(text).to.contain(`<script>document.title="owned"</script>`);
    expect(text).to.contain("\\u{202e}").and.not.to.contain("\u202e");
    expect(requested.filter((url) => url.startsWith("http"))).to.deep.equal([]);
  });

  it("has one line a machine in the timeline, told in words as well", async () => {
    const tab = await browser.open(renderHtml(reportOf(cases["a good run of 50"], factsOf())), {
      width: 1280,
      scheme: "light",
    });
    const labels = (await tab.evaluate(
      "[...document.querySelectorAll('.track')].map((track) => track.ariaLabel)",
    )) as string[];
    expect(labels).to.have.length(54);
    expect(labels[3]).to.equal(
      "openstack0: Deployed 0 ms → release sent 47 s → Releasing 1 min 30 s → Ready",
    );
  });

  it("prints: nothing is cut off on A4, and the bars are printed", async () => {
    const tab = await browser.open(renderHtml(reportOf(cases["a good run of 5"], factsOf())), {
      width: 688,
      scheme: "light",
    });
    await tab.emulateMedia({ media: "print" });
    expect(await tab.evaluate(findOverflow)).to.deep.equal([]);
    expect(
      await tab.evaluate("getComputedStyle(document.querySelector('.track i')).printColorAdjust"),
    ).to.equal("exact");
    expect(await tab.evaluate(findLowContrast)).to.deep.equal([]);
  });

  it("is measured by checks that do find low contrast and overflow", async () => {
    const bad =
      '<body style="background:#fff"><p style="color:#888">pale</p><div style="width:900px">wide</div>';
    const tab = await browser.open(bad, { width: 768, scheme: "light" });
    expect(await tab.evaluate(findLowContrast)).to.deep.equal(["3.54 pale"]);
    expect(await tab.evaluate(findOverflow)).to.have.length(2);
  });
});
