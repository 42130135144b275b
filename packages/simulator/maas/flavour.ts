/** How MAAS's versions differ where it matters here. */
export type Flavour = {
  /** 3.2 to 3.4 understand `no` and `off`; later ones take everything but false, False and nothing for true. */
  readonly strictBooleans: boolean;
  /** `scripts` of a release are checked; ignored before 3.5. */
  readonly scripts: boolean;
  /** `quick_erase` or `secure_erase` alone wipe the disks; nothing before 3.5. */
  readonly eraseFlagsErase: boolean;
  /** Fields of a machine that this version does not have. */
  readonly without: readonly string[];
  /** A timestamp that is no number is the client's error. */
  readonly badTimestampIs400: boolean;
};

const modern: Flavour = {
  strictBooleans: false,
  scripts: true,
  eraseFlagsErase: true,
  without: [],
  badTimestampIs400: false,
};

/**
 * The flavour of a version: `3.4.x` and older, `master` (3.8), or what lies between.
 * Source: recordings of 3.4.8 and 3.6.5; master: canonical/maas#511, which removes VM hosts' traces.
 */
export const flavourOf = (version: string): Flavour => {
  if (version.startsWith("master") || version.startsWith("3.8"))
    return { ...modern, without: ["pod", "virtualmachine_id"], badTimestampIs400: true };
  const old = /^(2\.|3\.[0-4])/.test(version);
  if (!old) return modern;
  return {
    strictBooleans: true,
    scripts: false,
    eraseFlagsErase: false,
    without: ["error_description", "enable_kernel_crash_dump"],
    badTimestampIs400: false,
  };
};
