import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stableToken } from "../identity.ts";
import { publicClouds } from "./first-run.ts";
import { toYaml } from "./output.ts";
import type { ControllerState } from "./state.ts";

/** Where the client believes the API to be; nothing listens there, the stand-in talks to the lab. */
const endpoint = "127.0.0.1:17070";

/** Not a certificate: nothing in the lab speaks TLS, and the client's files have this field. */
const certificate = `-----BEGIN CERTIFICATE-----\n${stableToken("certificate", 40)}\n-----END CERTIFICATE-----\n`;

/** Writes the files of a client that is logged in and whose current model is the first one of the scenario. */
export const writeClientStore = (directory: string, { scenario, models }: ControllerState): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(directory, name), toYaml(value), { mode: 0o600 });
  const all = [...models.values()];
  const current = all.find(({ isController }) => !isController);
  const machines = all.reduce((sum, model) => sum + model.machines.length, 0);
  write(publicClouds, { clouds: {} });
  write("controllers.yaml", {
    controllers: {
      [scenario.name]: {
        uuid: scenario.uuid,
        "api-endpoints": [endpoint],
        "ca-cert": certificate,
        cloud: scenario.name,
        region: "default",
        type: "maas",
        "agent-version": scenario.version,
        "controller-machine-count": 1,
        "active-controller-machine-count": 1,
        "machine-count": machines,
      },
    },
    "current-controller": scenario.name,
  });
  write("accounts.yaml", {
    controllers: {
      [scenario.name]: {
        user: scenario.user,
        password: scenario.password,
        "last-known-access": scenario.access === "none" ? "" : scenario.access,
      },
    },
  });
  write("models.yaml", {
    controllers: {
      [scenario.name]: {
        models: Object.fromEntries(
          all.map(({ owner, name, uuid }) => [`${owner}/${name}`, { uuid, type: "iaas", branch: "" }]),
        ),
        ...(current ? { "current-model": `${current.owner}/${current.name}` } : {}),
      },
    },
  });
};
