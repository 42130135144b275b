/** MiB in one of each suffix that juju takes for sizes; no suffix is MiB. */
const mebibytes: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["M", 1],
  ["G", 1024],
  ["T", 1024 ** 2],
  ["P", 1024 ** 3],
]);

/** A size such as `4G`, `4096M` or `4096` in MiB, or nothing where the text is no size. */
export const sizeInMebibytes = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)([MGTP]?)(?:i?B)?$/i.exec(text);
  const unit = mebibytes.get(match?.[2]?.toUpperCase() ?? "");
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit;
};
