import { answers } from "./answers.ts";
import { bulkRelease } from "./bulk-release.ts";
import { resources } from "./description.ts";
import { filterMachines } from "./filters.ts";
import { type Machine, stopAll } from "./machine.ts";
import { renderedMachine } from "./machine-call.ts";
import { machineOperations } from "./machine-operations.ts";
import type { Region, User } from "./region.ts";
import { renderList } from "./render.ts";
import { notSimulated, ok, okText, type Reply } from "./reply.ts";
import type { Parameters } from "./request.ts";
import { seen } from "./take.ts";
import { sees } from "./users.ts";

/** A request after routing and authentication: `op` null for plain create, read, update and delete. */
export type Call = {
  readonly region: Region;
  readonly user: User;
  readonly method: string;
  readonly op: string | null;
} & Parameters;

/** Whether the real MAAS has this operation although the simulated one has not. */
const existsInMaas = (handler: string, method: string, op: string | null): boolean =>
  resources.some(
    ({ name, actions }) =>
      name === handler && actions.some((action) => action.method === method && action.op === op),
  );

/** Machines as a list; whoever gets it has looked at each of them. */
const listed = async (region: Region, found: readonly Machine[]): Promise<Reply> => {
  const reply = okText(await renderList(region, found), found.length);
  for (const one of found) seen(region, one);
  return reply;
};

/** `/machines/`: list and filter, release many. */
export const machines = async (call: Call): Promise<Reply> => {
  const { region, user, method, op, query, form, json } = call;
  if (method === "GET" && op === null) {
    const found = filterMachines(region, user, query);
    if (!Array.isArray(found)) return found;
    return await listed(region, found);
  }
  if (method === "GET" && op === "list_allocated")
    return await listed(
      region,
      [...region.machines.values()].filter(
        ({ status, owner }) => status === "Allocated" && owner === user.name,
      ),
    );
  if (method === "GET" && op === "power_parameters") return user.superuser ? ok({}) : answers.forbidden();
  if (method === "POST" && op === "release") {
    if (json) return answers.bulkJson();
    return await bulkRelease(region, user, form.getAll("machines"), form.get("comment"));
  }
  if (method !== "GET" && method !== "POST") return answers.methodNotAllowed(["POST", "GET"]);
  return existsInMaas("MachinesHandler", method, op)
    ? notSimulated(`${method} /machines/ op=${op}`)
    : answers.unrecognised(method, op);
};

/** `/machines/{system_id}/`: read, delete, and the operations. */
export const machine = async (call: Call, systemId: string): Promise<Reply> => {
  const { region, user, method, op, form } = call;
  const operation = method === "GET" || method === "POST" ? machineOperations[method][op ?? ""] : undefined;
  const plainRead = method === "GET" && op === null;
  const plainDelete = method === "DELETE" && op === null;
  if (method === "PUT") return notSimulated("PUT /machines/{system_id}/");
  if (!plainRead && !plainDelete && !operation) return answers.unrecognised(method, op);
  const found = region.machines.get(systemId);
  if (!found) return answers.noSuch("Machine");
  if (!sees(user, found)) return answers.forbidden();
  const machineCall = { region, user, machine: found, form };
  if (plainRead) {
    const read = renderedMachine(machineCall);
    seen(region, found);
    return read;
  }
  if (operation) return await operation(machineCall);
  if (!user.superuser || found.locked) return answers.forbidden();
  stopAll(found);
  region.machines.delete(systemId);
  return { status: 204, type: "text/plain", body: "", vary: "Authorization, Cookie", hash: true };
};
