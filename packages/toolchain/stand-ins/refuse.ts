/** How a stand-in says that it does not do `what`, and what does. */
export const notImplemented = (standIn: string, what: string): string =>
  `${what} is not implemented by this project's stand-in for ${standIn}. ` +
  "Nothing was done. Pulumi's own one does it: where pulumi.com can be reached, run `make toolchain TOOLCHAIN_RETRY=1`.";
