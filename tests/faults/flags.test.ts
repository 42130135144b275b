import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import type { Outcome, Stack } from "../e2e/stack.ts";
import { type Lab, leftToUs, on, ownReleases, set, urnOf } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import {
  capturedFirst,
  destructive,
  failed,
  finishes,
  journal,
  releasedOnce,
  releases,
  says,
  tornDown,
  untouched,
} from "./witness.ts";

const names = (stack: Stack): string =>
  stack
    .resources()
    .map((urn) => urn.split("::").at(-1))
    .join(", ");
const succeeded = (outcome: Outcome): Outcome => {
  expect(outcome.code, outcome.output).to.equal(0);
  return outcome;
};

const flag = (
  situation: string,
  expected: string,
  act: (stack: Stack) => Promise<string>,
  { quick = false, lab = {} }: { quick?: boolean; lab?: Lab } = {},
): Row => ({
  situation,
  expected,
  quick,
  run: on(lab, act),
});

const notVerified = /not yet verified: the exit criteria are not part of this destroy/;
/** That it is said where Pulumi ends: under Diagnostics, of which only its summary and the stack's outputs follow. */
const inLastLines = (outcome: Outcome): string => {
  const text = outcome.output.slice(outcome.output.lastIndexOf("Diagnostics:"));
  expect(text).to.match(notVerified).and.include("To finish, and to verify: pulumi destroy");
  expect(outcome.output).to.not.include("proceed to");
  return says(outcome, notVerified);
};
const guardedAndCaptured = (stack: Stack): string => {
  const events = journal(stack).map(({ event }) => event);
  expect(events).to.include("guards-passed");
  return capturedFirst(stack);
};

rows(import.meta.url, "guards", "Flags of `pulumi destroy`", [
  flag("`--target` of one machine", "the engine refuses: what depends on it is no target", async (stack) => {
    const refused = failed(await stack.destroy("--target", urnOf(stack, "MaasMachine::openstack1")));
    const said = says(refused, /was not specified in --target list/);
    return `${said}; ${untouched(stack)}; plain destroy: ${await finishes(stack)}`;
  }),
  flag(
    "`--target` of one machine with `--target-dependents --refresh=false`",
    "guards, capture, the model, that machine; says that it is not verified",
    async (stack) => {
      const target = urnOf(stack, "MaasMachine::openstack1");
      const outcome = succeeded(
        await stack.destroy("--target", target, "--target-dependents", "--refresh=false"),
      );
      const said = inLastLines(outcome);
      expect(destructive(stack)).to.have.length(2);
      expect(releases(stack).size).to.equal(1);
      const first = guardedAndCaptured(stack);
      return `${said}; ${first}; one release; plain destroy: ${await finishes(stack)}; ${releasedOnce(stack)}`;
    },
    { quick: true, lab: leftToUs },
  ),
  flag(
    "`--target` of one machine with `--target-dependents`, without `--refresh=false`",
    "the engine stops in its own refresh (Pulumi.yaml has `refresh: always`): nothing is touched",
    async (stack) => {
      const target = urnOf(stack, "MaasMachine::openstack1");
      const refused = failed(await stack.destroy("--target", target, "--target-dependents"));
      const said = says(refused, /unknown provider/);
      return `${said}; ${untouched(stack)}; plain destroy: ${await finishes(stack)}`;
    },
  ),
  flag(
    "`--target '**MaasMachine**' --target-dependents --refresh=false`",
    "guards, capture, the model, all machines; says that it is not verified",
    async (stack) => {
      const outcome = succeeded(
        await stack.destroy("--target", "**MaasMachine**", "--target-dependents", "--refresh=false"),
      );
      const said = inLastLines(outcome);
      expect(releases(stack).size).to.equal(5);
      const first = guardedAndCaptured(stack);
      return `${said}; ${first}; left: ${names(stack)}; plain destroy: ${await finishes(stack)}`;
    },
    { lab: leftToUs },
  ),
  flag(
    "`--target` of the exit criteria with `--target-dependents --refresh=false`",
    "everything, verified",
    async (stack) => {
      const target = urnOf(stack, "ExitCriteria::exit-criteria");
      const outcome = succeeded(
        await stack.destroy("--target", target, "--target-dependents", "--refresh=false"),
      );
      expect(outcome.output).to.not.include("not yet verified");
      const said = says(outcome, /exit criteria met/);
      return `${said}; ${(await stack.lab.state()).machines.every(({ status }) => status === "Ready") ? "all Ready" : "not all Ready"}`;
    },
  ),
  flag(
    "`--exclude` of one machine with `--refresh=false`",
    "guards, capture, all others; says that it is not verified",
    async (stack) => {
      const outcome = succeeded(
        await stack.destroy("--exclude", urnOf(stack, "MaasMachine::openstack1"), "--refresh=false"),
      );
      const said = inLastLines(outcome);
      const first = guardedAndCaptured(stack);
      return `${said}; ${first}; left: ${names(stack)}; plain destroy: ${await finishes(stack)}`;
    },
  ),
  flag("`--exclude` of Preflight", "nothing runs", async (stack) => {
    succeeded(await stack.destroy("--exclude", urnOf(stack, "Preflight::preflight")));
    return `${untouched(stack)}; plain destroy: ${await finishes(stack)}`;
  }),
  flag("`--exclude` of Backup", "only the guards run; the next destroy asks them again", async (stack) => {
    succeeded(await stack.destroy("--exclude", urnOf(stack, "Command::backup")));
    untouched(stack);
    await set(stack, "openstack1", { locked: true });
    const said = says(failed(await stack.destroy()), /is locked/);
    untouched(stack);
    await set(stack, "openstack1", { locked: false });
    return `nothing touched; then locked: ${said}; unlocked: ${await finishes(stack)}`;
  }),
  flag(
    "`--exclude` of the exit criteria with `--refresh=false`",
    "everything but them; says that it is not verified",
    async (stack) => {
      const outcome = succeeded(
        await stack.destroy("--exclude", urnOf(stack, "ExitCriteria::exit-criteria"), "--refresh=false"),
      );
      const said = inLastLines(outcome);
      const verified = succeeded(await stack.destroy());
      return `${said}; plain destroy: ${says(verified, /exit criteria met/)}; ${await tornDown(stack)}`;
    },
  ),
  flag(
    "`--continue-on-error`, and one machine fails",
    "all others are done, the exit criteria are not run, rc 1",
    async (stack) => {
      const outcome = failed(await stack.destroy("--continue-on-error"));
      expect(outcome.output).to.not.include("proceed to");
      const left = names(stack);
      return `left: ${left}; plain destroy: ${await finishes(stack)}`;
    },
    {
      lab: {
        scenario: {
          ...ownReleases,
          machines: machines({ openstack2: { faults: [{ answer: "power-fails-500", times: 4 }] } }),
        },
      },
    },
  ),
  flag("`--continue-on-error`, and a guard refuses", "nothing is touched, rc 1", async (stack) => {
    await set(stack, "openstack1", { locked: true });
    failed(await stack.destroy("--continue-on-error"));
    const kept = untouched(stack);
    await set(stack, "openstack1", { locked: false });
    return `${kept}; unlocked: ${await finishes(stack)}`;
  }),
  flag("`--refresh`", "looks at each first, then the usual order", async (stack) => {
    const end = await finishes(stack, "--refresh");
    return `${end}; ${capturedFirst(stack)}`;
  }),
  flag("`--run-program`", "refused: it cannot be told from an `up`", async (stack) => {
    const said = says(failed(await stack.destroy("--run-program")), /Run it without: pulumi destroy/);
    return `${said}; ${untouched(stack)}; plain destroy: ${await finishes(stack)}`;
  }),
  flag("`--parallel 1`", "one after the other, the same end", async (stack) => {
    const end = await finishes(stack, "--parallel", "1");
    return `${end}; ${capturedFirst(stack)}; ${releasedOnce(stack)}`;
  }),
  flag("`--preview-only`", "changes nothing", async (stack) => {
    succeeded(await stack.pulumi("destroy", "--preview-only"));
    expect(stack.runs()).to.deep.equal([]);
    return `${untouched(stack)}, no run opened; plain destroy: ${await finishes(stack)}`;
  }),
  flag("a protected machine", "the preview stops it untouched", async (stack) => {
    const urn = urnOf(stack, "MaasMachine::openstack1");
    succeeded(await stack.pulumi("state", "protect", urn, "--yes"));
    const refused = failed(await stack.pulumi("destroy", "--yes"));
    const said = says(refused, /cannot be deleted( because it is protected)?/);
    const kept = untouched(stack);
    succeeded(await stack.pulumi("state", "unprotect", urn, "--yes"));
    return `${said}; ${kept}; unprotected: ${await finishes(stack)}`;
  }),
  flag(
    "a protected machine and `-f`",
    "guards, capture, all others; the machine and the exit criteria stay",
    async (stack) => {
      const urn = urnOf(stack, "MaasMachine::openstack1");
      succeeded(await stack.pulumi("state", "protect", urn, "--yes"));
      const outcome = failed(await stack.pulumi("destroy", "--yes", "-f"));
      expect(outcome.output).to.not.include("proceed to");
      const first = guardedAndCaptured(stack);
      succeeded(await stack.pulumi("state", "unprotect", urn, "--yes"));
      return `${first}; unprotected: ${await finishes(stack)}`;
    },
  ),
  flag(
    "a protected machine and `--exclude-protected`",
    "as `--exclude`: says that it is not verified",
    async (stack) => {
      const urn = urnOf(stack, "MaasMachine::openstack1");
      succeeded(await stack.pulumi("state", "protect", urn, "--yes"));
      const outcome = succeeded(await stack.destroy("--exclude-protected"));
      const said = says(outcome, /not yet verified: the exit criteria may not be part of this destroy/);
      expect(outcome.output).to.not.include("proceed to");
      const first = guardedAndCaptured(stack);
      succeeded(await stack.pulumi("state", "unprotect", urn, "--yes"));
      return `${said}; ${first}; left: ${names(stack)}; unprotected: ${await finishes(stack)}`;
    },
  ),
  flag("a protected lab (`protect: true`) and `--exclude-protected`", "nothing runs", async (stack) => {
    for (const urn of stack.resources()) succeeded(await stack.pulumi("state", "protect", urn, "--yes"));
    succeeded(await stack.destroy("--exclude-protected"));
    const kept = untouched(stack);
    succeeded(await stack.pulumi("state", "unprotect", "--all", "--yes"));
    return `${kept}; unprotected: ${await finishes(stack)}`;
  }),
  flag(
    "a protected machine and `--ignore-protect`",
    "the whole teardown, guarded and captured",
    async (stack) => {
      succeeded(await stack.pulumi("state", "protect", urnOf(stack, "MaasMachine::openstack1"), "--yes"));
      const end = await finishes(stack, "--ignore-protect");
      return `${end}; ${guardedAndCaptured(stack)}`;
    },
  ),
  flag(
    "`-c deadline=3s`",
    "this destroy's own settings; the next one finishes",
    async (stack) => {
      const late = failed(await stack.destroy("-c", "deadline=3s"));
      const said = says(late, /the deadline of 3\.0 s has passed/).replace("<time>", "3.0 s");
      return `${said}; with deadline=5m: ${await finishes(stack, "-c", "deadline=5m")}`;
    },
    { lab: { scenario: { models: [{ name: "openstack", reap: "10m" }] } } },
  ),
]);
