import { type Stack, up } from "./stack.ts";
import { labModel, labName, type World, type WorldMachine } from "./world.ts";
import { bringToReady } from "./world-machines.ts";
import { renewCredential } from "./world-models.ts";

/** Does what the messages of a failed destroy say, and nothing else. */
export const doAsTold = async (world: World, stack: Stack, messages: string[]): Promise<void> => {
  const text = messages.join("\n");
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found ?? "");
  const each = (pattern: RegExp, what: (machine: WorldMachine) => void) => {
    for (const id of all(pattern)) {
      const machine = world.machines.get(id);
      if (machine) what(machine);
    }
  };
  const ready = (machine: WorldMachine) => bringToReady(world, machine);

  each(/machine unlock (\S+)/g, (machine) => {
    machine.locked = false;
  });
  each(/machine commission (\S+)/g, ready);
  each(/bring it to Ready in MAAS \(machine (\S+)\)/gi, ready);
  each(/machine read (\S+)\s+# when it is Ready/g, ready);
  // Whoever uses it was found, and gives it up.
  each(/(abcd\d\d) +(?:belongs to another Juju model|is owned by|has no owner)/g, ready);
  const back = all(/put (\S+) back on the list/g);
  for (const hostname of back) if (!stack.machines.includes(hostname)) stack.machines.push(hostname);
  const ids = (key: string) => all(new RegExp(`-c ${key}=(\\S+)`, "g")).flatMap((list) => list.split(","));
  const comesBack = (id: string) => back.includes(world.hostnames.get(id) ?? "");
  stack.acceptDeleted = [...new Set([...stack.acceptDeleted, ...ids("acceptDeleted")])];
  stack.alsoDestroyed = [
    ...new Set([...stack.alsoDestroyed, ...ids("alsoDestroyed").filter((id) => !comesBack(id))]),
  ];
  // Whoever asks around before permitting that gets a machine back that is in use.
  const unclaimed = ids("releaseUnclaimed");
  const inUse = unclaimed
    .flatMap((id) => world.machines.get(id) ?? [])
    .filter(({ takenOver }) => takenOver !== undefined);
  for (const machine of inUse) ready(machine);
  const free = unclaimed.filter((id) => !inUse.some(({ systemId }) => systemId === id));
  stack.releaseUnclaimed = [...new Set([...stack.releaseUnclaimed, ...free])];
  const model = world.models.get(labModel);
  if (/update-credential/.test(text) && model) renewCredential(world, model);
  if (/enable-command/.test(text)) world.blocked = false;
  stack.withoutBundle = [...new Set([...stack.withoutBundle, ...ids("withoutBundle")])];
  if (/is another model than the one recorded/.test(text))
    for (const { name, uuid } of world.models.values())
      if (name === labName && uuid !== labModel) world.models.delete(uuid);
  if (!/pulumi up && pulumi destroy|pulumi up +# (?:puts it back|adopts it again)/.test(text)) return;
  await up(world, stack).catch(async (error: Error) => {
    if (/adoptPartial gone/.test(error.message)) stack.adoptPartial = "gone";
    for (const [, hostname] of error.message.matchAll(/machine +(\S+) +is not in MAAS/g))
      if (stack.machines.length > 1) stack.machines = stack.machines.filter((each) => each !== hostname);
    await up(world, stack).catch(() => {});
  });
};
