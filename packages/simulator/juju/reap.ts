import type { Clock } from "../clock.ts";
import type { MaasInventory } from "../maas/inventory.ts";
import { deletesVirtualMachines, stopMachines } from "./provider.ts";
import type { CourseStep, ModelScenario } from "./scenario.ts";
import { type ControllerState, isJuju4, type Machine, type Model } from "./state.ts";
import { instant } from "./time.ts";

export type Simulation = {
  readonly clock: Clock;
  readonly maas: Pick<MaasInventory, "machinesOf" | "releaseByJuju" | "deleteByJuju">;
  readonly state: ControllerState;
};

/** How far into the reaping the applications are gone, the machines are gone, the cloud is torn down. */
const applicationsGone = 0.3;
const machinesGone = 0.55;
const tearDownAt = 0.6;
/** How many machines a stuck model keeps by default, unless it is those that were added by hand. */
const stuckMachines = 2;
/** Lab time in which a machine goes that was removed from a stuck model, ms. */
const removalTakes = 5_000;

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** What keeps a dying model, as the controller words it in the model's status. */
const contentsOf = ({ machines, applications }: Model): string =>
  [
    machines.length > 0 ? plural(machines.length, "machine") : "",
    applications.length > 0 ? plural(applications.length, "application") : "",
  ]
    .filter(Boolean)
    .join(", ");

/** A model's status, with what is under way of its migration to another controller. */
type ShownStatus = Model["status"] & { readonly migration?: string };

/**
 * The model's status now: the message of a dying model counts the controller's attempts. That of a suspended model and
 * that of a migration are from Juju's source, and so is everything of 4.0 but `available`.
 *
 * @param controller its version
 * @param command `juju status` words it in a way of its own
 */
export const modelStatus = (
  model: Model,
  nowMs: number,
  controller: string,
  command: "status" | "other" = "other",
): ShownStatus => {
  const { destruction, scenario } = model;
  const { since } = model.status;
  const { migrating } = scenario;
  if (scenario.suspended || destruction?.phase === "suspended")
    return { current: "suspended", message: "suspended since cloud credential is not valid", since };
  if (isJuju4(controller)) {
    if (destruction) return { current: "destroying", message: "the model is being destroyed", since };
    if (migrating !== null) return { current: "busy", message: "the model is being migrated", since };
    return model.status;
  }
  if (migrating !== null && command === "status")
    return { current: "busy", message: `migrating: ${migrating}`, since };
  if (migrating !== null) return { ...model.status, migration: migrating };
  const { status } = model;
  if (destruction?.phase !== "cleaning") return status;
  const attempts = Math.floor((nowMs - destruction.startedAt) / scenario.retryEvery);
  const left = contentsOf(model);
  if (attempts === 0 || !left) return status;
  return {
    ...status,
    message: `attempt ${attempts} to destroy model failed (will retry):  model not empty, found ${left} (model not empty)`,
  };
};

/** What a dying model waits for. Machines that were added by hand keep one of 3.6 until they are removed. */
const stuckBy = ({ scenario, version }: Model): ModelScenario["stuck"] =>
  scenario.stuck === "none" && scenario.manual.length > 0 && !isJuju4(version)
    ? "until-machines-removed"
    : scenario.stuck;

const removalHelps = (model: Model): boolean => stuckBy(model) === "until-machines-removed";

const setStatus = (simulation: Simulation, model: Model, current: string, message: string): void => {
  model.status = { current, message, since: instant(simulation.clock.now()) };
};

/** Removes a model as if it had never been there. */
export const removeModel = (simulation: Simulation, model: Model): void => {
  for (const cancel of model.destruction?.cancel ?? []) cancel();
  model.life = "dead";
  simulation.state.models.delete(model.uuid);
};

const later = (simulation: Simulation, model: Model, at: number, action: () => void): void => {
  const { destruction } = model;
  if (!destruction) return;
  const wait = destruction.startedAt + at - simulation.clock.now();
  destruction.cancel.push(simulation.clock.after(Math.max(0, wait), action));
};

const tearDown = async (simulation: Simulation, model: Model): Promise<void> => {
  const { destruction, scenario } = model;
  if (!destruction || !simulation.state.models.has(model.uuid)) return;
  destruction.phase = "tearing down";
  setStatus(simulation, model, "destroying", "tearing down cloud environment");
  if (!destruction.skipsCloud && scenario.releasesMachines) {
    const deletes = deletesVirtualMachines(scenario.vmDeletionBug, model.version);
    const result = scenario.suspended
      ? "credential refused"
      : await stopMachines(simulation.maas, simulation.maas.machinesOf(model.uuid), deletes);
    const invalid = result === "credential refused" && (scenario.credentialGoesInvalid || scenario.suspended);
    // Juju 4 deletes the model all the same.
    if (invalid && !isJuju4(model.version)) {
      destruction.phase = "suspended";
      return;
    }
    // Juju 4 only logs the failure and deletes the model all the same (juju.md 5).
    if (typeof result === "object" && !isJuju4(model.version)) {
      setStatus(
        simulation,
        model,
        "destroying",
        `attempt 1 to destroy model failed (will retry):  ${result.failed}`,
      );
      destruction.cancel.push(
        simulation.clock.after(scenario.retryEvery, () => void tearDown(simulation, model)),
      );
      return;
    }
  }
  later(simulation, model, scenario.reap, () => removeModel(simulation, model));
};

const keep = <Item>(items: readonly Item[], count: number): Item[] => (count > 0 ? items.slice(-count) : []);

const apply = (model: Model, step: CourseStep): void => {
  const { machines = model.machines.length, applications = model.applications.length } = step;
  const left: Machine[] = Array.isArray(machines)
    ? model.machines.filter(({ id }) => machines.includes(id))
    : keep(model.machines, machines);
  model.machines = left.map((machine) => ({
    ...machine,
    life: step.dead.includes(machine.id) ? "dead" : "dying",
  }));
  model.applications = keep(model.applications, applications);
  if (model.applications.length === 0) model.volumes = 0;
  model.errors = step.errors;
};

/** Everything counts down evenly; a stuck model keeps its last machines. */
const evenCourse = (model: Model): CourseStep[] => {
  const { scenario, machines, applications } = model;
  const down = (
    count: number,
    floor: number,
    gone: number,
    what: "machines" | "applications",
  ): CourseStep[] =>
    Array.from({ length: Math.max(0, count - floor) }, (_, index) => ({
      at: (scenario.reap * gone * (index + 1)) / Math.max(1, count - floor),
      [what]: count - index - 1,
      dead: [],
      errors: 0,
    }));
  // Those added by hand come last in the model.
  const stays = scenario.stuck === "none" ? scenario.manual.length : stuckMachines;
  const floor = stuckBy(model) === "none" ? 0 : stays;
  return [
    ...down(applications.length, 0, applicationsGone, "applications"),
    ...down(machines.length, floor, machinesGone, "machines"),
  ];
};

/** Goes on with a model that was stuck: what is left goes, then the cloud is torn down. */
const unstick = (simulation: Simulation, model: Model): void => {
  const { destruction } = model;
  if (!destruction?.stuck) return;
  destruction.stuck = false;
  const wait = Math.min(removalTakes, model.scenario.reap * 0.1);
  destruction.cancel.push(
    simulation.clock.after(wait, () => {
      apply(model, { at: 0, machines: 0, applications: 0, dead: [], errors: 0 });
      void tearDown(simulation, model);
    }),
  );
};

export type DestroyRequest = { readonly force: boolean; readonly timeoutMs?: number | undefined };

/**
 * `ModelManager.DestroyModels`: accepted at once; the model dies in the course of its `reap`. On a dying model it
 * is accepted too: without `force` nothing happens, with it the cleanups are queued again.
 */
export const destroyModel = (simulation: Simulation, model: Model, request: DestroyRequest): void => {
  const { clock } = simulation;
  if (model.destruction) {
    if (!request.force) return;
    if (model.scenario.stuck === "until-destroyed-again") unstick(simulation, model);
    const { credentialGoesInvalid, suspended } = model.scenario;
    const mended = model.destruction.phase === "suspended" && !credentialGoesInvalid && !suspended;
    if (mended) void tearDown(simulation, model);
    return;
  }
  const { scenario } = model;
  model.life = "dying";
  for (const machine of model.machines) machine.life = "dying";
  model.destruction = {
    startedAt: clock.now(),
    // Juju 4 ignores the timeout, up to 4.0.15 (juju.md 5).
    skipsCloud: request.force && request.timeoutMs === 0 && !isJuju4(model.version),
    stuck: false,
    phase: "cleaning",
    cancel: [],
  };
  setStatus(simulation, model, "destroying", "cleaning up cloud resources");
  const course = scenario.course.length > 0 ? scenario.course : evenCourse(model);
  for (const step of course) later(simulation, model, step.at, () => apply(model, step));
  const last = Math.max(scenario.reap * tearDownAt, ...course.map(({ at }) => at));
  later(simulation, model, last, () => {
    const goesOn = stuckBy(model) === "none" || (removalHelps(model) && model.machines.length === 0);
    if (goesOn) void tearDown(simulation, model);
    else if (model.destruction) model.destruction.stuck = true;
  });
};

/** The provisioner stops what was removed from a living model. */
const stopOne = async (simulation: Simulation, model: Model, machine: Machine): Promise<void> => {
  const deletes = deletesVirtualMachines(model.scenario.vmDeletionBug, model.version);
  const own = simulation.maas
    .machinesOf(model.uuid)
    .filter(({ systemId }) => systemId === machine.instanceId);
  await stopMachines(simulation.maas, own, deletes);
};

/** `MachineManager.DestroyMachine --force` of one machine that the model has. */
export const removeMachine = (
  simulation: Simulation,
  model: Model,
  id: string,
  keepInstance: boolean,
): void => {
  const machine = model.machines.find((candidate) => candidate.id === id);
  if (!machine) return;
  machine.life = "dying";
  const dying = model.destruction !== undefined;
  // A dying model has queued the same for every machine already: this helps only where it is what is waited for.
  if (dying && !removalHelps(model)) return;
  simulation.clock.after(removalTakes, () => {
    model.machines = model.machines.filter((candidate) => candidate.id !== id);
    if (!dying && !keepInstance) void stopOne(simulation, model, machine);
    if (dying && model.machines.length === 0) unstick(simulation, model);
  });
};
