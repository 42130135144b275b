import type { Host } from "./clients/host.ts";
import type { JujuClient } from "./clients/juju.ts";
import type { MaasClient } from "./clients/maas.ts";
import type { Settings } from "./config/settings.ts";

/** Time, as the teardown sees it. `sleep` ends early, without an error, when the signal is aborted. Times are in ms. */
export type Clock = { now: () => number; sleep: (ms: number, signal?: AbortSignal) => Promise<void> };

/** Everything outside that the teardown's logic touches. */
export type Context = {
  settings: Settings;
  juju: JujuClient;
  /** Made at the first call: the key may have to be looked up. */
  maas: () => Promise<MaasClient>;
  host: Host;
  clock: Clock;
  /** Aborted, with a `StopReason`, when waiting must end: cancelled, the engine is gone, or the deadline has passed. */
  signal: AbortSignal;
};

/** Where a resource says what it does: its own row in Pulumi's display. */
export type Row = {
  /** What is going on now; a later status replaces it. Repeated news is swallowed. */
  status: (text: string) => void;
  /** What stays under Diagnostics. */
  info: (text: string) => void;
  warn: (text: string) => void;
};
