import { hostname } from "node:os";
import { machines } from "../e2e/lab.ts";
import { type Guarded, guarded, ours, types, ups } from "./guarded.ts";
import { clear, fault, type Lab, on, set } from "./lab.ts";
import { rows } from "./rows.ts";
import { failed, finishes, five, permitting } from "./witness.ts";

const virtual = (powerType: string, pod: string | null) =>
  machines(Object.fromEntries(five.map((name) => [name, { powerType, pod }])));
const deletes = (version: string, powerType: string, pod: string | null): Lab => ({
  // The model's agents decide, whatever the controller's version is.
  scenario: { models: [{ name: "openstack", reap: "2m", version }], machines: virtual(powerType, pod) },
});
const theirs = "11111111-2222-4333-8444-555555555555";

const unlisted: Guarded = {
  situation: "a machine belongs to the model and is not listed",
  expected: "refused; with `alsoDestroyed` it is part of the exit criteria",
  make: async (stack) => {
    const agentName = await ours(stack);
    const ownerData = { "juju-model-uuid": agentName };
    await stack.lab.control({
      op: "add-machine",
      machine: { hostname: "extra0", agentName, owner: "juju", ownerData, release: "1m" },
    });
  },
  says: [
    /belongs to the model, and Juju would destroy it although it is not listed/,
    /pulumi destroy -c alsoDestroyed=\w{6}/,
  ],
  mended: "with alsoDestroyed",
  permission: "alsoDestroyed",
  quick: true,
};

const locked: Guarded = {
  situation: "a machine is locked",
  expected: "refused, with the unlock command",
  make: (stack) => set(stack, "openstack1", { locked: true }),
  says: [/is locked/, /maas admin machine unlock \w{6}/],
  mend: (stack) => set(stack, "openstack1", { locked: false }),
  mended: "unlocked",
};

const recreated: Guarded = {
  situation: "the model's name is another UUID now",
  expected: "refused, says to run `up`",
  make: async (stack) => {
    await stack.lab.control({ op: "recreate-model", name: "openstack" });
    const uuid = await ours(stack);
    for (const name of five)
      await set(stack, name, { agentName: uuid, ownerData: { "juju-model-uuid": uuid } });
  },
  says: [
    /is another model than the one recorded at `up`: the lab was rebuilt since/,
    /pulumi up {3}# records today's lab/,
  ],
  mend: ups,
  mended: "after `up`",
};

rows(import.meta.url, "guards", "What is found before anything is touched", [
  guarded({
    situation: "Juju 3.6.24 and LXD machines of a VM host (juju/juju#22691)",
    expected: "refused, names the versions to upgrade to; accepted by `acceptVmDeletion`",
    lab: deletes("3.6.24", "lxd", "kvm-host0"),
    make: async () => {},
    says: [/would delete .* from MAAS instead of releasing \(juju\/juju#22691\)/, /upgrade to 3\.6\.25/],
    mended: "with acceptVmDeletion",
    permission: "acceptVmDeletion",
  }),
  guarded({
    situation: "Juju 4.0.12 and virsh machines",
    expected: "refused, names the versions to upgrade to; accepted by `acceptVmDeletion`",
    lab: deletes("4.0.12", "virsh", null),
    make: async () => {},
    says: [/would delete .* from MAAS instead of releasing \(juju\/juju#22691\)/, /upgrade to 4\.0\.13/],
    mended: "with acceptVmDeletion",
    permission: "acceptVmDeletion",
  }),
  {
    situation: "Juju 3.6.24 and no virtual machine",
    expected: "goes on",
    run: on({ scenario: { controller: { version: "3.6.24" } } }, (stack) => finishes(stack)),
  },
  guarded(unlisted),
  guarded({
    situation: "a machine belongs to another model",
    expected: "refused",
    make: (stack) => set(stack, "openstack1", { ownerData: { "juju-model-uuid": theirs } }),
    says: [/belongs to another Juju model now: [0-9a-f-]{36}/],
    mend: (stack) => set(stack, "openstack1", { ownerData: {} }),
    mended: "given back",
  }),
  guarded({
    situation: "a machine of a Juju controller",
    expected: "refused",
    make: (stack) => set(stack, "openstack1", { ownerData: { "juju-is-controller": "true" } }),
    says: [/is a Juju controller's machine/],
    mend: (stack) => set(stack, "openstack1", { ownerData: {} }),
    mended: "moved",
  }),
  guarded({
    situation: "a machine's owner is not the one recorded at `up`",
    expected: "refused",
    make: (stack) => set(stack, "openstack1", { owner: "somebody" }),
    says: [/is owned by somebody now/, /owner juju, as recorded at `up`/],
    mend: (stack) => set(stack, "openstack1", { owner: "juju" }),
    mended: "given back",
  }),
  guarded({
    situation: "a machine that hosts virtual machines",
    expected: "refused, with what to remove first",
    make: (stack) => set(stack, "openstack1", { hostsVms: "kvm-on-1" }),
    says: [/hosts virtual machines \(VM host kvm-on-1\)/, /remove the VM host kvm-on-1 in MAAS first/],
    mend: (stack) => set(stack, "openstack1", { hostsVms: null }),
    mended: "removed",
  }),
  guarded(locked),
  guarded({
    situation: "the model is suspended",
    expected: "refused, with the credential to mend",
    make: (stack) =>
      stack.lab.control({ op: "set-model", name: "openstack", fields: { status: "suspended" } }),
    says: [/is suspended .* and would never go away/, /juju update-credential \S+ \S+ --controller \S+/],
    mend: (stack) =>
      stack.lab.control({ op: "set-model", name: "openstack", fields: { status: "available" } }),
    mended: "mended",
  }),
  guarded({
    situation: "a machine that MAAS does not release from its state (Rescue mode)",
    expected: "refused",
    make: (stack) => set(stack, "openstack1", { status: "Rescue mode" }),
    says: [/is Rescue mode, and MAAS does not release from there/],
    mend: (stack) => set(stack, "openstack1", { status: "Deployed" }),
    mended: "brought back",
  }),
  guarded({
    situation: "a hostname is another system_id now",
    expected: "refused, says to run `up`",
    make: (stack) => stack.lab.control({ op: "replace-machine", hostname: "openstack1" }),
    says: [
      /is another machine now: \w{6}; the lab was rebuilt since `up`/,
      /pulumi up {3}# records today's lab/,
    ],
    // Juju still knows the machine by its old id, and says so.
    mend: async (stack) => {
      await ups(stack);
      const again = failed(await stack.destroy());
      const [, option = ""] = permitting(again, "alsoDestroyed");
      const [, id = ""] = option.split("=");
      // Juju destroys it, and MAAS will never show it Ready.
      for (const permission of ["alsoDestroyed", "acceptDeleted"])
        await types(stack, "config", "set", permission, id);
    },
    mended: "after `up`, and `alsoDestroyed` and `acceptDeleted` for the id that Juju still has",
  }),
  guarded(recreated),
  guarded({
    situation: "a machine was deleted from MAAS",
    expected: "refused, says how to accept it",
    make: (stack) => stack.lab.control({ op: "remove-machine", hostname: "openstack1" }),
    says: [/is no longer in MAAS/, /pulumi destroy -c acceptDeleted=\w{6}/],
    mended: "with acceptDeleted",
    permission: "acceptDeleted",
  }),
  guarded({
    situation: "another host and another user",
    expected: "both refused together",
    make: async (stack) => stack.configure({ host: "vopenstack-jesse", user: "jessea123" }),
    says: [/is not the host from which this lab is torn down/, /is not the user who tears this lab down/],
    mend: async (stack) => {
      const { userInfo } = await import("node:os");
      stack.configure({ host: hostname(), user: userInfo().username });
    },
    mended: "corrected",
  }),
]);

rows(import.meta.url, "guards", "One side does not hide the other", [
  guarded({
    situation: "MAAS answers 503, and the model is suspended",
    expected: "both are told",
    make: async (stack) => {
      await fault(stack, { side: "maas", kind: "503" });
      await stack.lab.control({ op: "set-model", name: "openstack", fields: { status: "suspended" } });
    },
    says: [/answered 503/, /is suspended/],
    mend: async (stack) => {
      await clear(stack);
      await stack.lab.control({ op: "set-model", name: "openstack", fields: { status: "available" } });
    },
    mended: "mended",
  }),
  guarded({
    situation: "the Juju controller is unreachable (silent), and a machine is locked",
    expected: "both are told",
    make: async (stack) => {
      await fault(stack, { side: "juju", command: "models", kind: "silent", times: 9 });
      await set(stack, "openstack1", { locked: true });
    },
    says: [/unable to connect to API/, /is locked/],
    mend: async (stack) => {
      await clear(stack);
      await set(stack, "openstack1", { locked: false });
    },
    mended: "mended",
  }),
]);

rows(
  import.meta.url,
  "guards",
  "On Juju 4.0",
  [unlisted, locked, recreated].map(({ quick: _, ...row }) =>
    guarded({ ...row, lab: { args: ["--juju", "4.0"] } }),
  ),
);
