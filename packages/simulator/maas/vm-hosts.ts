import { answers } from "./answers.ts";
import type { Region, User } from "./region.ts";
import { podId, podNames, renderZone } from "./render.ts";
import { notSimulated, ok, type Reply } from "./reply.ts";

const renderVmHost = (region: Region, name: string): unknown => {
  const id = podId(region, name);
  const machines = [...region.machines.values()];
  const host = machines.find(({ hostsVms }) => hostsVms === name);
  const type = machines.find(({ pod }) => pod === name)?.powerType ?? "lxd";
  return {
    id,
    name,
    type,
    architectures: ["amd64/generic"],
    capabilities: [],
    tags: [],
    version: "simulated",
    host: { system_id: host?.systemId ?? null, __incomplete__: true },
    pool: {
      id: 0,
      name: "default",
      description: "Default pool",
      resource_uri: "/MAAS/api/2.0/resourcepool/0/",
    },
    zone: renderZone("default"),
    total: { cores: 64, memory: 524_288, local_storage: 4_000_000_000_000 },
    used: { cores: machines.filter(({ pod }) => pod === name).length * 8, memory: 0, local_storage: 0 },
    resource_uri: `/MAAS/api/2.0/vm-hosts/${id}/`,
  };
};

/** `GET /vm-hosts/`, `/vm-hosts/{id}/` and `DELETE /vm-hosts/{id}/`; `/pods/` is the same. */
export const vmHosts = (region: Region, user: User, method: string, id: string | undefined): Reply => {
  const names = podNames(region);
  if (id === undefined)
    return method === "GET"
      ? ok(names.map((name) => renderVmHost(region, name)))
      : notSimulated(`${method} /vm-hosts/`);
  const name = names[Number(id) - 1];
  if (name === undefined) return answers.noSuch("Pod");
  if (method === "GET") return ok(renderVmHost(region, name));
  if (method !== "DELETE") return notSimulated(`${method} /vm-hosts/${id}/`);
  if (!user.superuser) return answers.forbidden();
  for (const machine of [...region.machines.values()]) {
    if (machine.hostsVms === name) machine.hostsVms = null;
    if (machine.pod === name) region.machines.delete(machine.systemId);
  }
  return { status: 204, type: "text/plain", body: "", vary: "Authorization, Cookie", hash: true };
};
