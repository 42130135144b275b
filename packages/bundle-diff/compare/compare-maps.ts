/** The keys of both maps whose values differ, in the order of their text. */
export const differences = <Value>(
  old: ReadonlyMap<string, Value>,
  current: ReadonlyMap<string, Value>,
  same: (a: Value, b: Value) => boolean = Object.is,
): ReadonlyArray<{
  readonly name: string;
  readonly old: Value | undefined;
  readonly new: Value | undefined;
}> =>
  [...new Set([...old.keys(), ...current.keys()])].sort().flatMap((name) => {
    const before = old.get(name);
    const after = current.get(name);
    const equal = before !== undefined && after !== undefined ? same(before, after) : before === after;
    return equal ? [] : [{ name, old: before, new: after }];
  });
