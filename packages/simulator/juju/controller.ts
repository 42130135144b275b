import { join } from "node:path";
import { z } from "zod";
import type { CallLog } from "../call-log.ts";
import type { Clock } from "../clock.ts";
import { ScenarioError } from "../errors.ts";
import type { MaasInventory } from "../maas/inventory.ts";
import { runClient, splitCommand } from "./client.ts";
import { controlModels, type Operation } from "./control.ts";
import { waitForever } from "./failure.ts";
import { behaviourOf, takeFault } from "./faults.ts";
import type { Simulation } from "./reap.ts";
import { modelStatus } from "./reap.ts";
import type { JujuFault, JujuScenario } from "./scenario.ts";
import type { Session } from "./session.ts";
import { type Contents, createState } from "./state.ts";
import { clientStore, storeDirectory } from "./store.ts";
import { writeClientStore } from "./write-client-store.ts";

export type JujuCall = {
  /** Without `juju` itself. */
  readonly argv: readonly string[];
  /** JUJU_*, HOME and the like; PWD is where relative paths begin, SIMULATED_JUJU_STDIN what stdin held. */
  readonly env: Readonly<Record<string, string>>;
  readonly tty: boolean;
  /** When the client's process began, epoch ms. */
  readonly began?: number | undefined;
};

export type JujuIo = Pick<Session, "stdout" | "stderr" | "signal"> &
  Partial<Pick<Session, "readStdin" | "onInterrupt">>;

export type JujuParts = {
  readonly clock: Clock;
  readonly scenario: JujuScenario;
  readonly maas: Pick<MaasInventory, "machinesOf" | "releaseByJuju" | "deleteByJuju">;
  readonly log: Pick<CallLog, "begin">;
  /** What models hold in place of the generated charmed OpenStack, by name. */
  readonly contents?: Readonly<Record<string, Contents>>;
};

export type Controller = {
  readonly run: (call: JujuCall, io: JujuIo) => Promise<number>;
  readonly state: () => object;
  readonly control: (operation: Operation) => boolean;
  readonly uuid: string;
  /** Writes controllers.yaml, accounts.yaml, models.yaml of a client that is logged in. */
  readonly writeClientStore: (jujuData: string) => void;
};

/** The lab's controllers as one: a client talks to the one that its store is about. */
export type Controllers = Controller & {
  /** Writes a client's store for each of the other controllers into the lab's home; where they are. */
  readonly writeOtherStores: (home: string) => Record<string, string>;
};

const stateOf = ({ state, clock }: Simulation): object => ({
  models: [...state.models.values()].map((model) => ({
    name: `${model.owner}/${model.name}`,
    uuid: model.uuid,
    isController: model.isController,
    life: model.life,
    status: modelStatus(model, clock.now(), state.scenario.version),
    machines: model.machines.map(({ id, hostname, instanceId, life }) => ({
      id,
      hostname,
      systemId: instanceId,
      life,
    })),
    applications: model.applications,
    stuck: model.destruction?.stuck ?? false,
  })),
});

/**
 * The Juju side of the simulated lab: a controller with its models, and the client that talks to it. A destruction
 * goes on in the controller when the client is gone.
 */
export const createController = ({ clock, scenario, maas, log, contents }: JujuParts): Controller => {
  const simulation: Simulation = { clock, maas, state: createState(scenario, clock, contents) };
  const faults: JujuFault[] = scenario.faults.flatMap((fault) =>
    fault.side === "juju" ? [{ ...fault }] : [],
  );
  const run: Controller["run"] = async ({ argv, env, began }, io) => {
    const entry = log.begin({
      side: "juju-cli",
      what: ["juju", ...argv].join(" "),
      ...(began !== undefined && { detail: { began: new Date(began).toISOString() } }),
    });
    const fault = takeFault(faults, splitCommand(argv).name);
    const { stdout: spoils } = behaviourOf(fault);
    let cut = false;
    const stdout = (text: string): void => {
      if (!spoils) io.stdout(text);
      else if (!cut) io.stdout(spoils(text));
      cut = true;
    };
    const session: Session = {
      simulation,
      store: clientStore(storeDirectory(env)),
      env,
      stdin: env.SIMULATED_JUJU_STDIN ?? "",
      readStdin: () => waitForever(io.signal),
      onInterrupt: () => {},
      log: () => {},
      ...io,
      stdout,
      fault,
    };
    try {
      const code = await runClient(session, argv);
      entry.end(`rc ${code}`, fault ? { fault: fault.kind } : undefined);
      return code;
    } catch (thrown) {
      entry.end(io.signal.aborted ? "client gone" : "failed");
      if (io.signal.aborted) return 130;
      throw thrown;
    }
  };
  return {
    uuid: scenario.controller.uuid,
    run,
    state: () => stateOf(simulation),
    control: (operation) => controlModels(simulation, scenario, faults, operation),
    writeClientStore: (directory) => writeClientStore(directory, simulation.state),
  };
};

const storeField = z.object({ controller: z.string() });

/**
 * Joins the lab's own controller and others, which may have the same name. A client's call goes to the controller whose
 * UUID its store has for the current one; a control operation to the one whose store its field `controller` names.
 */
export const joinControllers = (
  own: Controller,
  others: readonly (Controller & { readonly store: string })[],
): Controllers => {
  const addressed = (env: JujuCall["env"]): Controller => {
    const { controllers, "current-controller": current } = clientStore(storeDirectory(env)).controllers();
    const uuid = controllers[env.JUJU_CONTROLLER || current]?.uuid;
    return others.find((other) => other.uuid === uuid) ?? own;
  };
  return {
    ...own,
    run: (call, io) => addressed(call.env).run(call, io),
    state: () => ({
      ...own.state(),
      ...(others.length > 0
        ? { others: Object.fromEntries(others.map((other) => [other.store, other.state()])) }
        : {}),
    }),
    control: (operation) => {
      const { data: named } = storeField.safeParse(operation);
      const other = others.find(({ store }) => store === named?.controller);
      if (named && !other) throw new ScenarioError(`There is no other controller ${named.controller}.`);
      return (other ?? own).control(operation);
    },
    writeOtherStores: (home) =>
      Object.fromEntries(
        others.map(({ store, writeClientStore: write }) => {
          const directory = join(home, store);
          write(directory);
          return [store, directory];
        }),
      ),
  };
};
