import os from "node:os";

/** This host, as the guards and the journal name it. */
export type Host = {
  /** The short name, without a domain. */
  hostname: string;
  /** Every name by which this host may be called: as the system says it, and its short form. */
  hostnames: string[];
  user: string;
  /** Every address of this host but loopback and link-local ones. */
  addresses: string[];
  /**
   * Whether a machine is this host: the same short name, or a shared address. Errs towards yes, since releasing the host
   * under our own feet ends the run.
   */
  isThisHost: (machine: { hostname: string; fqdn?: string; ipAddresses?: string[] }) => boolean;
};

/** What of `node:os` is read; passed in by tests. */
export type OperatingSystem = {
  hostname: () => string;
  userInfo: () => { username: string };
  networkInterfaces: () => NodeJS.Dict<{ address: string; internal: boolean }[]>;
};

const short = (name: string): string => name.toLowerCase().split(".")[0] ?? name;
const bare = (address: string): string => address.toLowerCase().split("%")[0] ?? address;

/** Addresses that many hosts have at the same time prove nothing. */
const isCommon = (address: string): boolean => /^(127\.|::1$|0\.0\.0\.0$|::$|fe80:|169\.254\.)/.test(address);

/**
 * Reads this host's names, user and addresses, once.
 * @throws what `os.userInfo` throws when the user has no entry in the password database
 */
export const thisHost = (system: OperatingSystem = os): Host => {
  const name = system.hostname().toLowerCase();
  const hostname = short(name);
  const addresses = Object.values(system.networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal)
    .map((entry) => bare(entry.address))
    .filter((address) => !isCommon(address));
  return {
    hostname,
    hostnames: [...new Set([name, hostname])],
    user: system.userInfo().username,
    addresses: [...new Set(addresses)],
    isThisHost: (machine) =>
      [machine.hostname, machine.fqdn ?? ""].some((known) => known !== "" && short(known) === hostname) ||
      (machine.ipAddresses ?? []).some((address) => addresses.includes(bare(address))),
  };
};
