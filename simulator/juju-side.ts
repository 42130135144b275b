import type { CallLog } from "./call-log.ts";
import type { Clock } from "./clock.ts";
import type { MaasWorld } from "./maas/world.ts";
import type { Scenario } from "./scenario.ts";

/** One run of the juju client, as the stand-in executable hands it over. */
export type JujuCall = {
  /** Without `juju` itself. */
  readonly argv: string[];
  readonly env: Record<string, string>;
  /** Whether stdout is a terminal. */
  readonly tty: boolean;
};

/** Where a run writes, and what tells it that the client is gone. */
export type JujuIo = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
};

/** What the lab needs of the Juju side; `juju/controller.ts` provides it. */
export type JujuSide = {
  /** Runs one juju command; resolves with its exit code. */
  readonly run: (call: JujuCall, io: JujuIo) => Promise<number>;
  /** The whole truth about the models, as JSON for `GET /simulator/state`. */
  readonly state: () => unknown;
  /** Carries out one control operation; false when it is none of its own. Throws TeardownError. */
  readonly control: (operation: { op: string } & Record<string, unknown>) => boolean | Promise<boolean>;
  /** Writes the client's store (controllers.yaml, accounts.yaml, models.yaml, ...) into `jujuData`. */
  readonly writeClientStore: (jujuData: string) => void | Promise<void>;
};

export type CreateJujuSide = (parts: {
  clock: Clock;
  scenario: Scenario;
  maas: MaasWorld;
  log: CallLog;
}) => JujuSide;
