import { join } from "node:path";
import { expect } from "chai";
import type { Stack } from "../e2e/stack.ts";
import { ours, types, ups } from "./guarded.ts";
import { on, set, urnOf } from "./lab.ts";
import { type Row, rows } from "./rows.ts";
import {
  destructive,
  failed,
  finishes,
  five,
  permitting,
  releases,
  says,
  tornDown,
  untouched,
} from "./witness.ts";

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
  run: on({}, act),
});
const refusedOnce = async (stack: Stack): Promise<string> => {
  const refused = failed(await stack.up());
  return `${says(refused, /destroyed by `pulumi destroy` only/)}; ${untouched(stack)}`;
};
const program = (name: string, more = "") =>
  `import { Lab } from "./components/lab.ts";\nimport { labSettings } from "./components/program.ts";\nnew Lab("${name}", labSettings());\n${more}`;

rows(import.meta.url, "guards", "Whatever makes Pulumi call delete outside of a destroy", [
  inUp(
    "a machine is taken off the list, then put back",
    "forgotten, not touched; the next destroy finishes",
    async (stack) => {
      stack.configure({ machines: five.slice(0, 4) });
      const up = await stack.up();
      expect(up.code, up.output).to.equal(0);
      const said = says(up, /forgotten: capi-mgmt/);
      const nothing = untouched(stack);
      stack.configure({ machines: five });
      await ups(stack);
      return `${said}; ${nothing}; put back, and up: ${await finishes(stack)}`;
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
    const agentName = await ours(stack);
    const ownerData = { "juju-model-uuid": agentName };
    await stack.lab.control({
      op: "add-machine",
      machine: { hostname: "extra0", agentName, owner: "juju", ownerData, release: "1m" },
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
      const end = await finishes(stack, ...permitting(refused, "withoutBundle"));
      expect(destructive(stack)).to.have.length(before);
      return `${said}; with withoutBundle: ${end}, no call destroyed anything`;
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
