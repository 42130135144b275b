import { local } from "@pulumi/command";
import { ComponentResource, Config, dynamic, type Output } from "@pulumi/pulumi";
import { Lab, labSettings } from "openstack-lab";

// What was there before: a dynamic resource of this program's own, in a component of its own.
class Token extends dynamic.Resource {
  declare readonly token: Output<string>;
  constructor(name: string, options: { parent: ComponentResource }) {
    const provider: dynamic.ResourceProvider = {
      create: async () => {
        const token = Math.random().toString(36).slice(2);
        return { id: token, outs: { token } };
      },
    };
    super(provider, name, { token: undefined }, options, "garage", "Token");
  }
}

class Garage extends ComponentResource {
  readonly token: Output<string>;
  constructor(name: string) {
    super("garage:index:Garage", name);
    this.token = new Token("token", { parent: this }).token;
    this.registerOutputs();
  }
}

const garage = new Garage("garage");
export const token: Output<string> = garage.token;

// What is added: the lab, inside that component. `pulumi destroy` now tears it down with the rest.
const lab = new Lab("lab", labSettings(), { parent: garage });
export const affected: typeof lab.affected = lab.affected;

// Something that needs the lab: made after it was adopted, and deleted before its teardown begins.
const greeting = new Config().require("greeting");
new local.Command(
  "greeting",
  { create: `echo '${greeting}, lab'`, delete: `echo 'goodbye, lab'` },
  { dependsOn: lab },
);
