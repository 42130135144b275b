import { writeFileSync } from "node:fs";
import Mocha from "mocha";
import type { Totals } from "./totals.ts";

/** Mocha's own `spec` reporter, which also writes the totals to the file that TEST_TOTALS names. */
class SpecWithTotals extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped: string[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const totals: Totals = { passed: this.stats.passes, failed: this.stats.failures, skipped };
      if (process.env.TEST_TOTALS) writeFileSync(process.env.TEST_TOTALS, JSON.stringify(totals));
    });
  }
}

// Mocha loads reporters with require().
export { SpecWithTotals as "module.exports" };
