import type { RawApplication, RawBundle } from "./respell.ts";

/** One semantic change: what it does to a bundle, and how the comparison has to call it. */
export type SingleChange = {
  readonly what: string;
  /** Changes the bundle, which is its own copy. `name` is an application with a charm. */
  readonly apply: (bundle: RawBundle, name: string, application: RawApplication) => string;
  /** Whether the change can be made to this application. */
  readonly fits?: (application: RawApplication, bundle: RawBundle) => boolean;
  /** Machines that come or go cannot be told from renumbered ones at the same time. */
  readonly keepsNumbers?: true;
};

const has =
  (key: keyof RawApplication) =>
  (application: RawApplication): boolean =>
    application[key] !== undefined;

export const singleChanges: readonly SingleChange[] = [
  {
    what: "an application removed",
    apply: (bundle, name) => {
      delete bundle.applications[name];
      bundle.relations = (bundle.relations ?? []).filter(
        (ends) => !ends.some((end) => end.startsWith(`${name}:`)),
      );
      return `${name} removed`;
    },
  },
  {
    what: "an application added",
    apply: (bundle, name) => {
      bundle.applications.newcomer = { charm: "newcomer", num_units: 1, to: ["new"] };
      bundle.relations = [...(bundle.relations ?? []), ["newcomer:x", `${name}:y`]];
      return "newcomer added";
    },
  },
  {
    what: "another charm",
    apply: (_, name, application) => {
      application.charm = "other-charm";
      return `${name} charm`;
    },
  },
  {
    what: "another channel",
    fits: has("channel"),
    apply: (_, name, application) => {
      application.channel = "other/edge";
      return `${name} channel`;
    },
  },
  {
    what: "another base",
    fits: (_, bundle) => bundle.series !== undefined || bundle["default-base"] !== undefined,
    apply: (_, name, application) => {
      application.base = "ubuntu@24.04";
      return `${name} base`;
    },
  },
  {
    what: "one unit more",
    apply: (_, name, application) => {
      application.num_units = (application.num_units ?? 0) + 1;
      return `${name} units`;
    },
  },
  {
    what: "another placement",
    fits: ({ to }) => to !== undefined,
    apply: (_, name, application) => {
      application.to = ["lxd:new", ...(application.to ?? []).slice(1)];
      return `${name} placement`;
    },
  },
  {
    what: "another option",
    apply: (_, name, application) => {
      application.options = { ...application.options, "new-option": 7 };
      return `${name} option new-option`;
    },
  },
  {
    what: "an option's value",
    fits: ({ options }) => Object.keys(options ?? {}).length > 0,
    apply: (_, name, application) => {
      const key = Object.keys(application.options ?? {})[0] ?? "";
      application.options = { ...application.options, [key]: "some other value" };
      return `${name} option ${key}`;
    },
  },
  {
    what: "an option left out",
    fits: ({ options }) => Object.keys(options ?? {}).length > 0,
    apply: (_, name, application) => {
      const [key = "", ...rest] = Object.keys(application.options ?? {});
      application.options = Object.fromEntries(
        rest.map((other) => [other, application.options?.[other] ?? ""]),
      );
      return `${name} option ${key}`;
    },
  },
  {
    what: "a constraint",
    apply: (_, name, application) => {
      application.constraints = `${application.constraints ?? ""} mem=4G`;
      return `${name} constraint mem`;
    },
  },
  {
    what: "a binding",
    apply: (_, name, application) => {
      application.bindings = { ...application.bindings, public: "some-space" };
      return `${name} binding public`;
    },
  },
  {
    what: "storage",
    apply: (_, name, application) => {
      application.storage = { ...application.storage, disks: "maas,3,10G" };
      return `${name} storage disks`;
    },
  },
  {
    what: "a local resource",
    apply: (_, name, application) => {
      application.resources = { ...application.resources, policy: "./policy.zip" };
      return `${name} resource policy`;
    },
  },
  {
    what: "an offer",
    apply: (_, name, application) => {
      application.offers = { ...application.offers, offered: { endpoints: ["db"] } };
      return `${name} offer offered`;
    },
  },
  {
    what: "exposure",
    apply: (_, name, application) => {
      application.expose = true;
      return `${name} exposed-endpoint`;
    },
  },
  {
    what: "trust",
    apply: (_, name, application) => {
      application.trust = true;
      return `${name} trust`;
    },
  },
  {
    what: "a relation removed",
    fits: (_, bundle) => (bundle.relations ?? []).length > 0,
    apply: (bundle) => {
      const [gone = [], ...rest] = bundle.relations ?? [];
      bundle.relations = rest;
      return `relation removed ${gone.toSorted().join(" - ")}`;
    },
  },
  {
    what: "a relation added",
    apply: (bundle, name) => {
      bundle.relations = [...(bundle.relations ?? []), [`${name}:new-x`, `${name}:new-y`]];
      return `relation added ${name}:new-x - ${name}:new-y`;
    },
  },
  {
    what: "a machine added",
    keepsNumbers: true,
    apply: (bundle) => {
      bundle.machines = { ...bundle.machines, "77": null };
      return "machine 77 added";
    },
  },
  {
    what: "a machine removed",
    keepsNumbers: true,
    fits: (_, bundle) => bundle.machines?.["1"] !== undefined,
    apply: (bundle) => {
      const { "1": _gone, ...rest } = bundle.machines ?? {};
      bundle.machines = rest;
      return "machine 1 removed";
    },
  },
  {
    what: "a machine's constraint",
    keepsNumbers: true,
    fits: (_, bundle) => bundle.machines?.["1"] !== undefined,
    apply: (bundle) => {
      bundle.machines = {
        ...bundle.machines,
        "1": { constraints: `${bundle.machines?.["1"]?.constraints ?? ""} cores=7` },
      };
      return "1 machine-constraint cores";
    },
  },
  {
    what: "a remote application",
    apply: (bundle) => {
      bundle.saas = { ...bundle.saas, remote: { url: "controller:admin/model.offer" } };
      return "saas remote";
    },
  },
];
