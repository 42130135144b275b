import { z } from "zod";

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of `90s`, `10m`, `1h`, `1.5s`, `250ms`; undefined when it is none of these. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  if (!match) return undefined;
  const [, amount, unit] = match;
  if (unit !== "ms" && unit !== "s" && unit !== "m" && unit !== "h") return undefined;
  return Number(amount) * units[unit];
};

/** A duration in lab time as a scenario writes it: `90s`, `10m`, or a plain number of seconds. In: ms. */
export const duration: z.ZodType<number, string | number> = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    const ms = typeof value === "number" ? value * 1000 : parseDuration(value);
    if (ms !== undefined && ms >= 0) return ms;
    context.addIssue({ code: "custom", message: `expected a duration like 90s, 10m or 1h, found ${value}` });
    return z.NEVER;
  });

const goUnits: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a duration as Go writes it, `1h30m`, `10s`, `0`; undefined when it is none. */
export const parseGoDuration = (text: string): number | undefined => {
  if (text === "0") return 0;
  if (!/^-?(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const sum = parts.reduce(
    (total, [, amount, unit]) => total + Number(amount) * (goUnits[unit ?? ""] ?? 0),
    0,
  );
  return text.startsWith("-") ? -sum : sum;
};
