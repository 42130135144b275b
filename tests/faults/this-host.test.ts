import { hostname } from "node:os";
import { expect } from "chai";
import { thisHost } from "../../teardown/clients/host.ts";
import { machines } from "../e2e/lab.ts";
import { makeStack } from "../e2e/stack.ts";
import { ups } from "./guarded.ts";
import { type Row, rows } from "./rows.ts";
import { failed, five, says, untouched } from "./witness.ts";

/** A lab with this host among its machines, and how the operator gets it out of there. */
const thisHostIs = (known: string, name: string, addresses: readonly string[]): Row => ({
  situation: `this very host is on the list, by ${known}`,
  expected: "refused; it leaves the stack as the message says",
  run: async () => {
    const stack = await makeStack({
      scenario: { machines: [...machines(), { hostname: name, powerType: "ipmi", addresses }] },
      config: { machines: [...five, name] },
    });
    try {
      await ups(stack);
      const refused = failed(await stack.destroy());
      const said = says(refused, /is the host that this runs on/);
      untouched(stack);
      stack.configure({ machines: five });
      await ups(stack);
      const { code, output } = await stack.destroy();
      expect(code, output).to.equal(0);
      const { machines: all } = await stack.lab.state();
      expect(all.find((machine) => machine.hostname === name)?.status).to.equal("Deployed");
      return `${said}; nothing touched; off the list, up: the five are Ready, this host is Deployed`;
    } finally {
      await stack.end();
    }
  },
});

const { addresses } = thisHost();
rows(import.meta.url, "guards", "This very host", [
  thisHostIs("name", hostname(), []),
  // A host without a network has no address to be known by.
  ...(addresses.length > 0 ? [thisHostIs("address", "known-by-its-address", addresses.slice(0, 1))] : []),
]);
