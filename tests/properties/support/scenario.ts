import fc from "fast-check";

/** What one release of a machine does, instead of going well. Times are in ms. */
export type ReleaseFault =
  | { kind: "busy" } // MAAS is too busy to begin
  | { kind: "power-failed"; after: number } // the machine is put back, without an operating system
  | { kind: "never-off" } // Releasing failed after 5 minutes
  | { kind: "lost"; after: number } // the connection breaks, the release goes on
  | { kind: "silent" } // no answer before the client's limit, the release goes on
  | { kind: "never-begun"; after: number } // the connection breaks, and nothing was begun
  | { kind: "erase"; takes: number } // the site forces an erase
  | { kind: "erase-failed"; takes: number };

export type MachinePlan = {
  status: number;
  inModel: boolean;
  locked: boolean;
  /** Until the machine is off and the POST is answered; until MAAS is done. */
  post: number;
  release: number;
  ends: "ready" | "new" | "vanishes";
  faults: ReleaseFault[];
};

/** How one call of destroy-model goes, instead of waiting for the end. */
export type DestroyFault =
  | { kind: "failed" }
  | { kind: "lost"; after: number; taken: boolean }
  | { kind: "silent"; taken: boolean } // until the limit
  | { kind: "killed"; after: number }
  | { kind: "says-gone"; after: number };

export type ModelPlan = {
  life: "alive" | "dying" | "gone";
  applications: number;
  /** Until the model is gone, when nothing is stuck. */
  reap: number;
  /** A stuck model goes on only when its machines are removed, or when it is destroyed so many times again. */
  stuck: { kind: "no" } | { kind: "until-removed" } | { kind: "until-again"; times: number };
  unlisted: boolean;
  calls: DestroyFault[];
};

export type MaasTrouble = "refuses" | "hangs" | "fails" | "unauthorized";
export type JujuTrouble = "unreachable" | "hangs" | "complains" | "hides" | "fails" | "logged-out";

/** Turns in the story after which the most can go wrong; the first four are a machine's. */
export type Turn = "begun" | "failed" | "ready" | "posted" | "taken" | "gone";

/** When something happens: in ms from the first destroy, or from the first such turn; then with that turn's machine. */
export type When = { turn: Turn | "start"; after: number };

/** What somebody else does, or what breaks. `who` picks a machine. */
export type Happening = { when: When; who: number } & (
  | { kind: "maas"; trouble: MaasTrouble; takes: number }
  | { kind: "juju"; trouble: JujuTrouble; takes: number }
  | { kind: "flicker" } // the model is left out of one list, without a word
  | { kind: "lock" }
  | { kind: "unlock" }
  | { kind: "delete" }
  | { kind: "release" } // by hand
  | { kind: "redeploy" } // somebody else takes it for a model of theirs
  | { kind: "owner" }
  | { kind: "allocate" | "agent" } // the same user takes it: without Juju, or for another model without owner_data
  | { kind: "rescue" }
  | { kind: "suspend" }
  | { kind: "block" }
  | { kind: "namesake" } // a new model of the same name
  | { kind: "join" } // a machine that is not listed joins the model
);

/** One `pulumi destroy`, and what the operator did before it. */
export type DestroyPlan = {
  ends: { kind: "by-itself" } | { kind: "cancelled" | "killed"; after: number };
  deadline: number;
  parallel: number;
  before: "nothing" | "up" | "as-told" | "takes-one-off" | "loses-capture" | "loses-run";
  pause: number;
  continueOnError: boolean;
};

export type Scenario = {
  seed: number;
  machines: MachinePlan[];
  model: ModelPlan;
  happenings: Happening[];
  destroys: DestroyPlan[];
  stuckAfter: number;
};

const minute = 60_000;
const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const plain = <Kind extends string>(...kinds: Kind[]): fc.Arbitrary<{ kind: Kind }> =>
  fc.constantFrom(...kinds.map((kind) => ({ kind })));

const releaseFault: fc.Arbitrary<ReleaseFault> = fc.oneof(
  plain("busy", "never-off", "silent"),
  fc.record({
    kind: fc.constantFrom("power-failed" as const, "lost" as const, "never-begun" as const),
    after: between(50, 5 * minute),
  }),
  fc.record({
    kind: fc.constantFrom("erase" as const, "erase-failed" as const),
    takes: between(1_000, 15 * minute),
  }),
);

const machine: fc.Arbitrary<MachinePlan> = fc
  .record({
    // Deployed, mostly; Allocated, Broken, Ready, Releasing failed, Failed deployment, New, Disk erasing.
    status: fc.oneof({ weight: 8, arbitrary: fc.constant(6) }, fc.constantFrom(10, 8, 4, 13, 11, 0, 14)),
    inModel: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
    locked: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, fc.constant(true)),
    post: between(50, 90_000),
    release: between(0, 5 * minute),
    ends: fc.oneof(
      { weight: 20, arbitrary: fc.constant("ready" as const) },
      fc.constantFrom("new" as const, "vanishes" as const),
    ),
    faults: fc.array(releaseFault, { maxLength: 5, size: "small" }),
  })
  .map((plan) => ({ ...plan, release: plan.post + plan.release }));

const destroyFault: fc.Arbitrary<DestroyFault> = fc.oneof(
  plain("failed"),
  fc.record({ kind: fc.constant("lost" as const), after: between(100, 4 * minute), taken: fc.boolean() }),
  fc.record({ kind: fc.constant("silent" as const), taken: fc.boolean() }),
  fc.record({
    kind: fc.constantFrom("killed" as const, "says-gone" as const),
    after: between(100, 4 * minute),
  }),
);

const model: fc.Arbitrary<ModelPlan> = fc.record({
  life: fc.oneof(
    { weight: 8, arbitrary: fc.constant("alive" as const) },
    fc.constantFrom("dying" as const, "gone" as const),
  ),
  applications: fc.oneof({ weight: 9, arbitrary: between(1, 4) }, fc.constant(0)),
  reap: between(2_000, 12 * minute),
  stuck: fc.oneof(
    { weight: 3, arbitrary: plain("no") },
    plain("until-removed"),
    fc.record({ kind: fc.constant("until-again" as const), times: between(1, 2) }),
  ),
  unlisted: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.constant(true)),
  calls: fc.array(destroyFault, { maxLength: 4 }),
});

// Most things happen while the first destroy is at work; some much later.
const moment: fc.Arbitrary<When> = fc.oneof(
  fc.record({ turn: fc.constant("start" as const), after: between(0, 15 * minute) }),
  fc.record({ turn: fc.constant("start" as const), after: between(0, 180 * minute) }),
  {
    weight: 4,
    arbitrary: fc.record({
      turn: fc.constantFrom<Turn>("begun", "failed", "ready", "posted", "taken", "gone"),
      after: fc.oneof(between(0, 3_000), between(0, 15_000), between(0, 5 * minute)),
    }),
  },
);

const trouble: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    when: moment,
    who: fc.nat(99),
    kind: fc.constant("maas" as const),
    trouble: fc.constantFrom<MaasTrouble>("refuses", "hangs", "fails", "unauthorized"),
    takes: between(1_000, 10 * minute),
  }),
  fc.record({
    when: moment,
    who: fc.nat(99),
    kind: fc.constant("juju" as const),
    trouble: fc.constantFrom<JujuTrouble>(
      "unreachable",
      "hangs",
      "complains",
      "hides",
      "fails",
      "logged-out",
    ),
    takes: between(1_000, 10 * minute),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      when: moment,
      who: fc.nat(99),
      kind: fc.constantFrom(
        "flicker" as const,
        "unlock" as const,
        "rescue" as const,
        "suspend" as const,
        "block" as const,
        "namesake" as const,
        "join" as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      when: moment,
      who: fc.nat(99),
      kind: fc.constantFrom(
        "lock" as const,
        "delete" as const,
        "release" as const,
        "redeploy" as const,
        "owner" as const,
        "allocate" as const,
        "agent" as const,
      ),
    }),
  },
);

const destroy: fc.Arbitrary<DestroyPlan> = fc.record({
  ends: fc.oneof(
    plain("by-itself"),
    fc.record({
      kind: fc.constantFrom("cancelled" as const, "killed" as const),
      after: fc.oneof(between(0, 5_000), between(0, 20 * minute)),
    }),
  ),
  deadline: fc.oneof(between(1, 60), between(60, 180)).map((minutes) => minutes * minute),
  parallel: fc.constantFrom(8, 2, 1),
  before: fc.oneof(
    { weight: 3, arbitrary: fc.constant("as-told" as const) },
    fc.constantFrom(
      "nothing" as const,
      "up" as const,
      "takes-one-off" as const,
      "loses-capture" as const,
      "loses-run" as const,
    ),
  ),
  pause: between(0, 30 * minute),
  continueOnError: fc.boolean(),
});

/** Random labs, faults in time, interruptions and operators. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  machines: fc.array(machine, { minLength: 1, maxLength: 5 }),
  model,
  happenings: fc.array(trouble, { maxLength: 6 }),
  destroys: fc.array(destroy, { minLength: 1, maxLength: 4 }),
  stuckAfter: fc.constantFrom(2 * minute, 10 * minute),
});
