import { type MaasClient, type MaasClientOptions, maasClient } from "../../../../teardown/clients/maas.ts";
import { type Handler, type MaasServer, maasServer } from "./maas-server.ts";

/** Long enough to be looked for in messages. */
export const apiKey = "consumer-key-0001:token-key-00000002:token-secret-000003";
export const secret = "token-secret-000003";

/** The least that a machine needs. */
export const machineJson = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  system_id: "gem6xs",
  hostname: "openstack0",
  status: 6,
  locked: false,
  ...more,
});

export type Rig = { maas: MaasClient; server: MaasServer; slept: number[] };

/** Runs a test against a server and a client whose pauses take no time; both are closed afterwards. */
export const withMaas = async (
  handler: Handler,
  test: (rig: Rig) => Promise<unknown>,
  options: Partial<MaasClientOptions> = {},
): Promise<void> => {
  const server = await maasServer(handler);
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  const maas = maasClient({ url: server.url, apiKey, sleep, random: () => 1, ...options });
  try {
    await test({ maas, server, slept });
  } finally {
    maas.close();
    await server.close();
  }
};

/** The error that a promise must end with. */
export const errorOf = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`not an Error: ${String(error)}`);
  }
  throw new Error("expected an error, but there was none");
};

/** Answers everything that is held, and holds no more of it. */
export const letGo = (held: (() => void)[]): void => {
  for (const go of held.splice(0)) go();
};
