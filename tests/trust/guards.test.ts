import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { machines } from "../e2e/lab.ts";
import { adoptedStack, makeStack, type Stack } from "../e2e/stack.ts";
import { type Row, rows } from "./rows.ts";
import { destructive, failed, finishes, five, releases, says, tornDown, untouched } from "./witness.ts";

type Lab = Parameters<typeof adoptedStack>[0];

const set = (stack: Stack, hostname: string, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "set-machine", hostname, fields });
const fault = (stack: Stack, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "add-fault", fault: fields });
const ours = async (stack: Stack): Promise<string> =>
  (await stack.lab.state()).juju.models.find(({ name }) => name === "admin/openstack")?.uuid ?? "";
const urnOf = (stack: Stack, end: string): string =>
  stack.resources().find((urn) => urn.endsWith(end)) ?? `no URN ends with ${end}`;
const types = async (stack: Stack, ...args: string[]): Promise<void> => {
  const { code, output } = await stack.pulumi(...args);
  expect(code, output).to.equal(0);
};
const ups = async (stack: Stack): Promise<void> => {
  const { code, output } = await stack.up();
  expect(code, output).to.equal(0);
};
const clear = (stack: Stack) => stack.lab.control({ op: "clear-faults" });

type Guarded = {
  situation: string;
  expected: string;
  lab?: Lab;
  make: (stack: Stack) => Promise<unknown>;
  /** What the message must say, each of them. */
  says: RegExp[];
  /** What it says to type, or what somebody does about it. */
  mend?: (stack: Stack) => Promise<unknown>;
  mended: string;
  args?: string[];
  quick?: boolean;
};

/** A destroy that a guard must refuse, what the message says to do, and a destroy that must finish. */
const guarded = ({
  situation,
  expected,
  lab = {},
  make,
  says: patterns,
  mend,
  mended,
  args = [],
  quick,
}: Guarded): Row => ({
  situation,
  expected,
  ...(quick && { quick }),
  run: async () => {
    const stack = await adoptedStack(lab);
    try {
      await make(stack);
      const refused = failed(await stack.destroy());
      const said = patterns.map((pattern) => says(refused, pattern));
      const kept = untouched(stack);
      await mend?.(stack);
      return `${said.join("; ")}; ${kept}; ${mended}: ${await finishes(stack, ...args)}`;
    } finally {
      await stack.end();
    }
  },
});

const virtual = (powerType: string, pod: string | null) =>
  machines(Object.fromEntries(five.map((name) => [name, { powerType, pod }])));
const deletes = (version: string, powerType: string, pod: string | null): Lab => ({
  scenario: { controller: { version }, machines: virtual(powerType, pod) },
});
const theirs = "11111111-2222-4333-8444-555555555555";

rows(import.meta.url, "guards", "What is found before anything is touched", [
  guarded({
    situation: "Juju 3.6.24 and LXD machines of a VM host (juju/juju#22691)",
    expected: "refused, names the versions to upgrade to; accepted by `acceptVmDeletion`",
    lab: deletes("3.6.24", "lxd", "kvm-host0"),
    make: async () => {},
    says: [/would delete .* from MAAS instead of releasing \(juju\/juju#22691\)/, /upgrade to 3\.6\.25/],
    mended: "with acceptVmDeletion=true",
    args: ["-c", "acceptVmDeletion=true"],
  }),
  guarded({
    situation: "Juju 4.0.12 and virsh machines",
    expected: "refused, names the versions to upgrade to; accepted by `acceptVmDeletion`",
    lab: deletes("4.0.12", "virsh", null),
    make: async () => {},
    says: [/would delete .* from MAAS instead of releasing \(juju\/juju#22691\)/, /upgrade to 4\.0\.13/],
    mended: "with acceptVmDeletion=true",
    args: ["-c", "acceptVmDeletion=true"],
  }),
  {
    situation: "Juju 3.6.24 and no virtual machine",
    expected: "goes on",
    run: async () => {
      const stack = await adoptedStack({ scenario: { controller: { version: "3.6.24" } } });
      try {
        return await finishes(stack);
      } finally {
        await stack.end();
      }
    },
  },
  guarded({
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
      /pulumi config set --path 'alsoDestroyed\[0\]' extra0 && pulumi destroy/,
    ],
    mend: (stack) => types(stack, "config", "set", "--path", "alsoDestroyed[0]", "extra0"),
    mended: "with alsoDestroyed",
    quick: true,
  }),
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
  guarded({
    situation: "a machine is locked",
    expected: "refused, with the unlock command",
    make: (stack) => set(stack, "openstack1", { locked: true }),
    says: [/is locked/, /maas admin machine unlock \w{6}/],
    mend: (stack) => set(stack, "openstack1", { locked: false }),
    mended: "unlocked",
  }),
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
      says(again, /pulumi config set --path 'alsoDestroyed\[0\]' openstack1 && pulumi destroy/);
      await types(stack, "config", "set", "--path", "alsoDestroyed[0]", "openstack1");
    },
    mended: "after `up`, and `alsoDestroyed` for the id that Juju still has",
  }),
  guarded({
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
  }),
  guarded({
    situation: "a machine was deleted from MAAS",
    expected: "refused, says how to accept it",
    make: (stack) => stack.lab.control({ op: "remove-machine", hostname: "openstack1" }),
    says: [
      /is no longer in MAAS/,
      /pulumi config set --path 'acceptDeleted\[0\]' openstack1 && pulumi destroy/,
    ],
    mend: (stack) => types(stack, "config", "set", "--path", "acceptDeleted[0]", "openstack1"),
    mended: "with acceptDeleted",
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
  {
    situation: "this very host is on the list, by name",
    expected: "refused; it leaves the stack as the message says",
    run: async () => {
      const own = hostname();
      const stack = await makeStack({
        scenario: { machines: [...machines(), { hostname: own, powerType: "ipmi" }] },
        config: { machines: [...five, own] },
      });
      try {
        await ups(stack);
        const refused = failed(await stack.destroy());
        const said = says(refused, /is the host that this runs on/);
        untouched(stack);
        stack.configure({ machines: five });
        failed(await stack.up());
        await types(stack, "state", "delete", urnOf(stack, `MaasMachine::${own}`), "--yes");
        const { code, output } = await stack.destroy();
        expect(code, output).to.equal(0);
        const { machines: all } = await stack.lab.state();
        expect(all.find((machine) => machine.hostname === own)?.status).to.equal("Deployed");
        return `${said}; nothing touched; off the list, up, state delete: the five are Ready, this host is Deployed`;
      } finally {
        await stack.end();
      }
    },
  },
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

/** An `up` that must not destroy, and what the operator does then. */
const inUp = (
  situation: string,
  expected: string,
  act: (stack: Stack) => Promise<string>,
  quick = false,
): Row => ({
  situation,
  expected,
  quick,
  run: async () => {
    const stack = await adoptedStack();
    try {
      return await act(stack);
    } finally {
      await stack.end();
    }
  },
});
const refusedOnce = async (stack: Stack): Promise<string> => {
  const refused = failed(await stack.up());
  return `${says(refused, /destroyed by `pulumi destroy` only/)}; ${untouched(stack)}`;
};
const program = (name: string, more = "") =>
  `import { Lab } from "./components/lab.ts";\nimport { labSettings } from "./config/program.ts";\nnew Lab("${name}", labSettings());\n${more}`;

rows(import.meta.url, "guards", "Whatever makes Pulumi call delete outside of a destroy", [
  inUp(
    "a machine is taken off the list, then put back",
    "nothing touched, the next destroy finishes",
    async (stack) => {
      stack.configure({ machines: five.slice(0, 4) });
      const said = await refusedOnce(stack);
      stack.configure({ machines: five });
      await ups(stack);
      return `${said}; put back, and up: ${await finishes(stack)}`;
    },
  ),
  inUp(
    "a machine is off the list and still in the state",
    "the destroy is refused until it is told",
    async (stack) => {
      stack.configure({ machines: five.slice(0, 4) });
      const refused = failed(await stack.destroy());
      const said = says(refused, /is in the stack but no longer on the list `machines`/);
      untouched(stack);
      stack.configure({ machines: five });
      return `${said}; nothing touched; put back: ${await finishes(stack)}`;
    },
  ),
  inUp("a machine is put on the list that was never adopted", "refused, says to run `up`", async (stack) => {
    await stack.lab.control({
      op: "add-machine",
      machine: { hostname: "extra0", owner: "juju", release: "1m" },
    });
    stack.configure({ machines: [...five, "extra0"] });
    const refused = failed(await stack.destroy());
    const said = says(refused, /is on the list `machines` but was never adopted/);
    untouched(stack);
    await ups(stack);
    return `${said}; nothing touched; after \`up\`: ${await finishes(stack)}`;
  }),
  inUp("the Lab is taken out of the program", "nothing touched, the next destroy finishes", async (stack) => {
    stack.program("export const nothing = 1;\n");
    return `${await refusedOnce(stack)}; ${await finishes(stack)}`;
  }),
  inUp("the Lab gets another name", "nothing touched, the next destroy finishes", async (stack) => {
    stack.program(program("renamed"));
    await ups(stack);
    return `${untouched(stack)}; ${await finishes(stack)}`;
  }),
  inUp(
    "the model's resource gets another name",
    "nothing touched, the next destroy finishes",
    async (stack) => {
      stack.configure({ jujuModel: "admin/openstack" });
      const said = await refusedOnce(stack);
      return `${said}; ${await finishes(stack)}`;
    },
  ),
  inUp("`up --replace` of a machine", "nothing touched, two copies are one machine", async (stack) => {
    failed(await stack.up("--replace", urnOf(stack, "MaasMachine::openstack1")));
    untouched(stack);
    const end = await finishes(stack);
    expect(Math.max(...releases(stack).values())).to.equal(1);
    return `nothing touched; ${end}; released once`;
  }),
  inUp("`pulumi state taint` of a machine", "nothing touched, two copies are one machine", async (stack) => {
    await types(stack, "state", "taint", urnOf(stack, "MaasMachine::openstack1"), "--yes");
    failed(await stack.up());
    untouched(stack);
    const end = await finishes(stack);
    expect(Math.max(...releases(stack).values())).to.equal(1);
    return `nothing touched; ${end}; released once`;
  }),
  inUp(
    "a finished stack's state is imported from a backup",
    "nothing is there to destroy: stops without a capture, finishes without a bundle",
    async (stack) => {
      const file = join(stack.directory, "exported.json");
      await types(stack, "stack", "export", "--file", file);
      await finishes(stack);
      const before = destructive(stack).length;
      await types(stack, "stack", "import", "--file", file);
      const refused = failed(await stack.destroy());
      const said = says(refused, /the model \S+ is gone, and this run holds no capture of it/);
      const end = await finishes(stack, "-c", "withoutBundle=true");
      expect(destructive(stack)).to.have.length(before);
      return `${said}; with withoutBundle=true: ${end}, no call destroyed anything`;
    },
  ),
  inUp(
    "Preflight and Backup are taken out of the state",
    "guards and capture come all the same",
    async (stack) => {
      for (const end of ["Preflight::preflight", "Command::backup"])
        await types(stack, "state", "delete", urnOf(stack, end), "--yes");
      await set(stack, "openstack1", { locked: true });
      const said = says(failed(await stack.destroy()), /is locked/);
      untouched(stack);
      await set(stack, "openstack1", { locked: false });
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      return `${said}; nothing touched; unlocked: ${await tornDown(stack)}`;
    },
  ),
]);
