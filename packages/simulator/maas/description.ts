import { createHash } from "node:crypto";
import { filterNames } from "./filters.ts";

/** One operation of a resource: `op` null for plain create, read, update and delete. */
export type Action = {
  readonly name: string;
  readonly method: string;
  readonly op: string | null;
  readonly doc: string;
};

/** A resource of the API; the `maas` CLI makes a command of each. */
export type Resource = {
  readonly name: string;
  readonly doc: string;
  readonly path: string;
  readonly params: readonly string[];
  readonly actions: readonly Action[];
};

/** The real `maas` CLI takes only the parameters that an operation's doc names. */
const documented = (title: string, params: readonly string[]): string =>
  [title, ...(params.length > 0 ? [""] : []), ...params.map((name) => `:param ${name}: (simulated)`)].join(
    "\n",
  );

const action =
  (method: string) =>
  (name: string, title: string, params: readonly string[] = [], op: string | null = name): Action => ({
    name,
    method,
    op,
    doc: documented(title, params),
  });
const [get, post] = [action("GET"), action("POST")];
const read = (title: string, params: readonly string[] = []): Action => get("read", title, params, null);

const comment = ["comment"];

/** The filters of the list of machines, each with its `not_` twin. */
const constraints = filterNames.flatMap((name) => [name, `not_${name}`]);

/** The resources that the simulated region knows. Names and titles as the `maas` CLI shows them. */
export const resources: readonly Resource[] = [
  {
    name: "MachinesHandler",
    doc: "Manage the collection of all the machines in the MAAS.",
    path: "/MAAS/api/2.0/machines/",
    params: [],
    actions: [
      post("accept", "Accept declared machines"),
      post("accept_all", "Accept all declared machines"),
      post("add_chassis", "Add special hardware"),
      post("allocate", "Allocate a machine"),
      post("clone", "Clone storage and/or interface configurations"),
      post("create", "Create a new machine", [], null),
      get("is_registered", "MAC address registered", ["mac_address"]),
      get("list_allocated", "List allocated"),
      get("power_parameters", "Get power parameters", ["id"]),
      read("List Nodes visible to the user", constraints),
      post("release", "Release machines", ["machines", "comment"]),
      post("set_zone", "Assign nodes to a zone"),
    ],
  },
  {
    name: "MachineHandler",
    doc: "Manage an individual machine.",
    path: "/MAAS/api/2.0/machines/{system_id}/",
    params: ["system_id"],
    actions: [
      post("abort", "Abort a node operation", comment),
      { name: "delete", method: "DELETE", op: null, doc: "Delete a machine" },
      post("exit_rescue_mode", "Exit rescue mode"),
      post("lock", "Lock a machine", comment),
      post("mark_broken", "Mark a machine as broken", comment),
      post("mark_fixed", "Mark a machine as fixed", comment),
      post("power_off", "Power off a node", ["stop_mode", "comment"]),
      get("power_parameters", "Get power parameters"),
      get("query_power_state", "Get the power state of a node"),
      read("Read a node"),
      post("release", "Release a machine", [
        ...["comment", "erase", "secure_erase", "quick_erase", "force", "scripts"],
      ]),
      post("set_owner_data", "Deprecated, use set-workload-annotations.", ["key"]),
      post("unlock", "Unlock a machine", comment),
    ],
  },
  {
    name: "EventsHandler",
    doc: "Retrieve filtered node events.",
    path: "/MAAS/api/2.0/events/",
    params: [],
    actions: [
      get("query", "List node events", [
        ...[
          "hostname",
          "mac_address",
          "id",
          "zone",
          "level",
          "limit",
          "before",
          "after",
          "owner",
          "agent_name",
        ],
      ]),
    ],
  },
  {
    name: "UsersHandler",
    doc: "Manage the user accounts of this MAAS.",
    path: "/MAAS/api/2.0/users/",
    params: [],
    actions: [read("List users"), get("whoami", "Retrieve logged-in user")],
  },
  {
    name: "UserHandler",
    doc: "Manage a user account.",
    path: "/MAAS/api/2.0/users/{username}/",
    params: ["username"],
    actions: [read("Retrieve user details")],
  },
  {
    name: "ZonesHandler",
    doc: "Manage physical zones.",
    path: "/MAAS/api/2.0/zones/",
    params: [],
    actions: [read("List zones")],
  },
  {
    name: "VmHostsHandler",
    doc: "Manage the collection of all the VM hosts in the MAAS.",
    path: "/MAAS/api/2.0/vm-hosts/",
    params: [],
    actions: [read("List VM hosts")],
  },
  {
    name: "VmHostHandler",
    doc: "Manage an individual VM host.",
    path: "/MAAS/api/2.0/vm-hosts/{id}/",
    params: ["id"],
    actions: [
      { name: "delete", method: "DELETE", op: null, doc: "Deletes a VM host" },
      read("Read a VM host"),
    ],
  },
  {
    name: "VersionHandler",
    doc: "Information about this MAAS instance.",
    path: "/MAAS/api/2.0/version/",
    params: [],
    actions: [read("MAAS version information")],
  },
];

/** SHA-1 of the description; every answer of the API carries it, so that clients notice a stale description. */
export const apiHash: string = createHash("sha1").update(JSON.stringify(resources)).digest("hex");

/** `GET /describe/`, with absolute URIs under `base` (`http://host:port`). `handlers` is for clients of before resources. */
export const describeApi = (base: string): unknown => {
  const described = resources.map(({ name, doc, path, params, actions }) => ({
    name,
    doc,
    path,
    params,
    uri: `${base}${path}`,
    actions: actions.map((one) => ({ ...one, restful: one.op === null })),
  }));
  return {
    doc: "MAAS API",
    hash: apiHash,
    handlers: described,
    resources: described.map((auth) => ({
      name: auth.name,
      auth,
      anon: auth.name === "VersionHandler" ? auth : null,
    })),
  };
};
