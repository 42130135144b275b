import { expect } from "chai";
import { makeStack, type Stack } from "../e2e/stack.ts";
import { guarded, ours, ups } from "./guarded.ts";
import { fault, type Lab, leftToUs, on, urnOf } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import { destructive, failed, finishes, journal, permitting, says, tornDown, untouched } from "./witness.ts";

const setModel = (stack: Stack, fields: Record<string, unknown>) =>
  stack.lab.control({ op: "set-model", name: "openstack", fields });
const model = (more: Record<string, unknown> = {}): Lab => ({
  scenario: { models: [{ name: "openstack", reap: "2m", ...more }] },
});

/** On a stack that adopts this very lab by itself, and what its `up` said. */
const adopting = (lab: Lab, act: (stack: Stack, said: string) => Promise<string>) => async () => {
  const stack = await makeStack(lab);
  try {
    const { code, output } = await stack.up();
    expect(code, output).to.equal(0);
    return await act(stack, output);
  } finally {
    await stack.end();
  }
};

/** A user who sees and owns the model, and nothing else: not the controller's own model, and no superuser. */
const plainUser: Lab = {
  scenario: {
    controller: { user: "eve", access: "login", bootstrappedBy: "admin" },
    models: [{ name: "openstack", owner: "eve", reap: "2m" }],
  },
};

rows(import.meta.url, "guards", "Who may see and destroy", [
  guarded({
    situation: "the user has no admin access to the model",
    expected: "refused, with whom to ask",
    lab: {
      scenario: {
        controller: { access: "login" },
        models: [{ name: "openstack", reap: "2m" }],
      },
    },
    make: (stack) => setModel(stack, { access: "write" }),
    says: [/has write access to it/, /juju grant admin admin admin\/openstack/],
    mend: (stack) => setModel(stack, { access: "admin" }),
    mended: "granted",
  }),
  guarded({
    situation: "destroy-model is disabled",
    expected: "refused, with the operator's reason and the command",
    lab: model(),
    make: (stack) => setModel(stack, { disabled: [{ set: "destroy-model", message: "exam week" }] }),
    says: [/destroy-model is disabled .*: exam week/, /juju enable-command destroy-model -m \S+/],
    mend: (stack) => setModel(stack, { disabled: [] }),
    mended: "enabled",
  }),
  guarded({
    situation: "the model is being migrated",
    expected: "refused",
    lab: model(),
    make: (stack) => setModel(stack, { migrating: "validating" }),
    says: [/is being migrated to another controller: validating/],
    mend: (stack) => setModel(stack, { migrating: null }),
    mended: "ended",
  }),
  guarded({
    situation: "the login has expired",
    expected: "refused at once, with the login command",
    lab: model(),
    make: (stack) => fault(stack, { side: "juju", command: "*", kind: "login-expired", times: 1000 }),
    says: [/the login to the controller maas-lab has expired/, /juju login -c maas-lab/],
    mend: (stack) => stack.lab.control({ op: "clear-faults" }),
    mended: "logged in",
  }),
  guarded({
    situation: "a manual machine in the model that nobody listed",
    expected: "refused; goes with `alsoDestroyed`",
    lab: model({ manual: ["10.9.8.7"] }),
    make: async () => {},
    says: [/manual:10\.9\.8\.7 +belongs to the model/],
    // Juju 3.6 never removes it by itself (juju.md 9).
    mend: (stack) => setModel(stack, { manual: [] }),
    mended: "taken out of the model by hand, and permitted",
    permission: "alsoDestroyed",
  }),
  guarded({
    situation: "a machine of the model that is waiting for an instance",
    expected: "refused; goes with `alsoDestroyed`",
    lab: model({ pending: 1 }),
    make: async () => {},
    says: [/belongs to the model, and Juju would destroy it/],
    mended: "permitted",
    permission: "alsoDestroyed",
  }),
  {
    situation: "a superuser who did not bootstrap the controller and has no grant on the model",
    expected: "sees it all the same, and tears it down",
    run: adopting(
      {
        scenario: {
          controller: { user: "eve", access: "superuser", bootstrappedBy: "admin" },
          models: [{ name: "openstack", owner: "admin", access: "none", reap: "2m" }],
        },
        config: { jujuModel: "admin/openstack" },
      },
      (stack) => finishes(stack),
    ),
  },
  {
    situation: "the controller is lost for ever",
    expected: "refused; goes with `controllerLost` and `withoutBundle`, by MAAS alone",
    run: on(leftToUs, async (stack) => {
      const model = await ours(stack);
      await stack.lab.control({ op: "juju-away", for: "100h" });
      const refused = failed(await stack.destroy());
      const said = says(refused, /the controller maas-lab cannot be reached/);
      const kept = untouched(stack);
      const lost = permitting(refused, "controllerLost");
      const uncaptured = failed(await stack.destroy(...lost));
      const [, permission = ""] = permitting(uncaptured, "withoutBundle");
      expect(permission).to.equal(`withoutBundle=${model}`);
      untouched(stack);
      const { code, output } = await stack.destroy(...lost, "-c", permission);
      expect(code, output).to.equal(0);
      const { machines } = await stack.lab.state();
      expect(machines.map(({ status }) => status)).to.deep.equal(machines.map(() => "Ready"));
      return `${said}; ${kept}; permitted: 5 machines Ready, the model counts as gone`;
    }),
  },
  {
    situation: "a user to whom the end of the model can never be proved",
    expected: "told at `up`, refused; goes with `acceptUnproven`",
    run: adopting({ ...plainUser, config: { jujuModel: "eve/openstack" } }, async (stack, up) => {
      expect(up).to.include("its end can never be proved to eve");
      const refused = failed(await stack.destroy());
      const said = says(refused, /its end can never be proved to eve/);
      untouched(stack);
      const { code, output } = await stack.destroy(...permitting(refused, "acceptUnproven"));
      expect(code, output).to.equal(0);
      return `${said}; nothing touched; permitted: ${await tornDown(stack)}`;
    }),
  },
]);

/** Takes resources out of the state, as partial destroys leave it. */
const leaves = async (stack: Stack, ...gone: string[]): Promise<void> => {
  for (const end of gone) {
    const { code, output } = await stack.pulumi("state", "delete", urnOf(stack, end), "--yes", "--force");
    expect(code, output).to.equal(0);
  }
};
const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `node${at}`);

/** An unlisted machine in a model that is alive: each left-over stack finds the same. */
const leftOver = (what: string, gone: string[], machines?: string[]): Row => ({
  situation: `an unlisted machine joins; ${what}`,
  expected: "refused by the same finding",
  run: (machines ? adopting : on)(
    machines
      ? {
          scenario: {
            machines: machines.map((hostname) => ({ hostname, model: "openstack", powerType: "ipmi" })),
            models: [{ name: "openstack", reap: "2m" }],
          },
          config: { machines },
        }
      : model(),
    async (stack) => {
      await leaves(stack, ...gone);
      const agentName = await ours(stack);
      const ownerData = { "juju-model-uuid": agentName };
      await stack.lab.control({
        op: "add-machine",
        machine: { hostname: "stranger", agentName, owner: "juju", ownerData, release: "1m" },
      });
      const refused = failed(await stack.destroy());
      const said = says(refused, /belongs to the model, and Juju would destroy it/);
      const codes = journal(stack)
        .flatMap((event) => (event.event === "guards-refused" ? event.findings : []))
        .flatMap(({ code, verdict }) => (verdict === "refused" ? [code] : []));
      expect(codes).to.deep.equal(["unlisted"]);
      const kept = untouched(stack);
      await ups(stack);
      return `${said}; ${kept}; up, then permitted: ${await finishes(stack, ...permitting(refused, "alsoDestroyed"))}`;
    },
  ),
});

rows(import.meta.url, "guards", "Whatever is left in the stack", [
  leftOver("all is left", []),
  leftOver("preflight has gone", ["::preflight"]),
  leftOver("preflight and backup have gone", ["::preflight", "::backup"]),
  leftOver("the model has gone from the stack", ["::preflight", "::backup", "::openstack"]),
  leftOver("two machines and the exit criteria are left", [
    "::preflight",
    "::backup",
    "::openstack",
    "::reaping",
    "::openstack0",
    "::openstack1",
    "::openstack2",
  ]),
  leftOver("all is left, of 24 machines", [], many(24)),
  {
    situation: "the model has gone from the stack, and is alive",
    expected: "no machine is released; `up` puts it back",
    run: on(leftToUs, async (stack) => {
      await leaves(stack, "::preflight", "::backup", "::openstack");
      const refused = failed(await stack.destroy());
      const said = says(refused, /its model admin\/openstack is alive, so it was not released/);
      expect(destructive(stack)).to.deep.equal([]);
      await ups(stack);
      return `${said}; nothing touched; after \`up\`: ${await finishes(stack)}`;
    }),
  },
]);
