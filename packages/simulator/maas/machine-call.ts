import type { Machine } from "./machine.ts";
import type { Region, User } from "./region.ts";
import { renderMachine } from "./render.ts";
import { indented, okText, type Reply } from "./reply.ts";

/** Everything that an operation on one machine needs. */
export type MachineCall = {
  readonly region: Region;
  readonly user: User;
  readonly machine: Machine;
  readonly form: URLSearchParams;
};

export type MachineOperation = (call: MachineCall) => Reply | Promise<Reply>;

/** The machine's JSON as it is now. A read is a look; see `taken` among the faults. */
export const renderedMachine = ({ region, machine }: MachineCall): Reply =>
  okText(indented(renderMachine(region, machine)), 1);
