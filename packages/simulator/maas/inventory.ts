import type { StatusName } from "./statuses.ts";

/** What the Juju controller (and a test) sees of a machine in MAAS. */
export type MachineView = {
  readonly systemId: string;
  readonly hostname: string;
  readonly fqdn: string;
  readonly status: StatusName;
  readonly powerType: string;
  readonly powerState: string;
  /** The VM host that the machine runs on, null when it is not a virtual machine that MAAS manages. */
  readonly pod: string | null;
  readonly locked: boolean;
  readonly owner: string | null;
  /** The UUID of the model that the machine was acquired for; empty when it was acquired by no model. */
  readonly agentName: string;
  readonly ownerData: Readonly<Record<string, string>>;
  readonly osystem: string;
  readonly distroSeries: string;
};

/** What MAAS answered to the provider; status 0 when it could not be reached. */
export type ProviderAnswer = { readonly status: number; readonly text: string };

/** MAAS as the Juju controller's MAAS provider uses it; every call is seen in the call log as made by `juju`. */
export type MaasInventory = {
  /** `GET /machines/?agent_name=<model uuid>`. */
  readonly machinesOf: (agentName: string) => MachineView[];
  readonly machine: (systemId: string) => MachineView | undefined;
  readonly machines: () => MachineView[];
  /** The atomic bulk release; resolves when MAAS answers, that is when the power is off. */
  readonly releaseByJuju: (systemIds: readonly string[], comment: string) => Promise<ProviderAnswer>;
  /** `DELETE /machines/{system_id}/`, which decomposes a virtual machine (juju/juju#22691). */
  readonly deleteByJuju: (systemId: string) => Promise<ProviderAnswer>;
};
