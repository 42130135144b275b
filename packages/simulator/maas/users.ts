import { answers } from "./answers.ts";
import type { Machine } from "./machine.ts";
import type { Region, User } from "./region.ts";
import { ok, type Reply } from "./reply.ts";

const renderUser = ({ name, superuser }: User): unknown => ({
  is_superuser: superuser,
  username: name,
  email: `${name}@example.com`,
  is_local: true,
  resource_uri: `/MAAS/api/2.0/users/${name}/`,
});

/** `GET /users/?op=whoami`: who the key belongs to. */
export const whoami = (user: User): Reply => ok(renderUser(user));

/** `GET /users/`. */
export const readUsers = (region: Region): Reply => ok(region.users.map(renderUser));

/** `GET /users/{name}/`. */
export const readUser = (region: Region, name: string): Reply => {
  const user = region.users.find((candidate) => candidate.name === name);
  return user ? ok(renderUser(user)) : answers.noSuch("User");
};

/** Whether a user sees a machine: administrators all, others their own and those that nobody owns. */
export const sees = (user: User, machine: Machine): boolean =>
  user.superuser || machine.owner === null || machine.owner === user.name;

/** Whether a user may act on a machine. A lock keeps out even administrators. */
export const mayEdit = (user: User, machine: Machine): boolean => sees(user, machine) && !machine.locked;
