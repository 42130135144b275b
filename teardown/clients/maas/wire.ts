import type { MaasLimits } from "./limits.ts";
import type { MaasKey } from "./oauth.ts";
import type { Send } from "./transport.ts";

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** What all requests of one client share. */
export type Wire = {
  url: string;
  key: MaasKey;
  send: Send;
  limits: MaasLimits;
  signal: AbortSignal | undefined;
  now: () => number;
  sleep: Sleep;
  random: () => number;
  counted: { requests: number; bytes: number };
};
