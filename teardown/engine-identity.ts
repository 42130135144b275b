import { engineProcess } from "./clients/engine-process.ts";

/** What identifies an engine for the capture: the command plugin's script and this process run under the same one. */
export const engineIdentity = (): string | undefined => {
  const engine = engineProcess();
  return engine && `${engine.pid}@${engine.started}`;
};
