const unit: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration as the configuration spells it: `90s`, `10m`, `1h`, also `1h30m`.
 *
 * @returns milliseconds, or undefined when the text is no duration or a duration of nothing
 */
export const parseDuration = (text: string): number | undefined => {
  if (!/^(\d+(?:\.\d+)?[smh])+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, letter] of text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)) {
    sum += Number(amount) * (unit[letter ?? ""] ?? Number.NaN);
  }
  return sum > 0 ? sum : undefined;
};

/** Says a duration in ms as a person would: `850 ms`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export const sayDuration = (ms: number): string => {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
};
