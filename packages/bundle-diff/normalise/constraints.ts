import { sizeInMebibytes } from "./size.ts";

const aliases: ReadonlyMap<string, string> = new Map([["cpu-cores", "cores"]]);
const sizes: ReadonlySet<string> = new Set(["mem", "root-disk"]);
const lists: ReadonlySet<string> = new Set(["tags", "spaces", "zones"]);

const normaliseValue = (name: string, value: string): string => {
  if (sizes.has(name)) {
    const mebibytes = sizeInMebibytes(value);
    if (mebibytes === undefined) return value;
    return mebibytes % 1024 === 0 ? `${mebibytes / 1024}G` : `${mebibytes}M`;
  }
  return lists.has(name) ? [...new Set(value.split(","))].filter(Boolean).sort().join(",") : value;
};

/**
 * Constraints as a set of name=value. `arch=amd64` is what juju writes when nobody asked for anything, so it
 * counts as nothing; sizes are brought to one unit, lists to one order.
 */
export const normaliseConstraints = (text: string | null | undefined): ReadonlyMap<string, string> => {
  const constraints = new Map<string, string>();
  for (const part of (text ?? "").split(/\s+/).filter(Boolean)) {
    const [name = "", ...rest] = part.split("=");
    const known = aliases.get(name) ?? name;
    const value = normaliseValue(known, rest.join("="));
    if (value !== "" && !(known === "arch" && value === "amd64")) constraints.set(known, value);
  }
  return constraints;
};
