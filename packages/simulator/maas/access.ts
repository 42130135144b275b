import type { Machine } from "./machine.ts";
import type { User } from "./region.ts";

/** Whether a user sees a machine: administrators all, others their own and those that nobody owns. */
export const sees = (user: User, machine: Machine): boolean =>
  user.superuser || machine.owner === null || machine.owner === user.name;

/** Whether a user may act on a machine. A lock keeps out even administrators. */
export const mayEdit = (user: User, machine: Machine): boolean => sees(user, machine) && !machine.locked;
