import { type Host, thisHost } from "./clients/host.ts";
import { type JujuClient, jujuClient } from "./clients/juju.ts";
import { type MaasClient, maasClient } from "./clients/maas.ts";
import { maasCredentials } from "./clients/maas-credentials.ts";
import { remembered } from "./clients/remembered.ts";
import { realClock } from "./clock.ts";
import type { Settings } from "./config/settings.ts";
import type { Context } from "./context.ts";

const connectMaas = async (settings: Settings, signal: AbortSignal): Promise<MaasClient> => {
  const { maasApiUrl, maasApiKey, maasProfile, maasConcurrency } = settings;
  const { url, apiKey, ca, profile } = await maasCredentials({
    ...(maasApiUrl ? { url: maasApiUrl, apiKey: maasApiKey } : { profile: maasProfile }),
    signal,
  });
  return maasClient({ url, apiKey, ca, profile, concurrency: maasConcurrency, signal });
};

/** The real ones: the `juju` command, MAAS's API, this host, the clock. */
export const realContext = (settings: Settings, signal: AbortSignal): Context => {
  const juju: JujuClient = jujuClient({ signal, controller: settings.jujuController || undefined });
  const host: Host = thisHost();
  return {
    settings,
    juju,
    host,
    clock: realClock,
    signal,
    // After a failure the key may be there at the next try.
    maas: remembered(() => connectMaas(settings, signal)),
  };
};
