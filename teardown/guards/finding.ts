import type { Finding } from "../run/event.ts";

type Details = { expected?: string; next?: string; machine?: string; id?: string };
const make =
  (verdict: Finding["verdict"]) =>
  (guard: string, subject: string, found: string, details: Details = {}): Finding => ({
    guard,
    subject,
    verdict,
    found,
    ...details,
  });

/** A guard is content. */
export const ok: (guard: string, subject: string, found: string) => Finding = make("ok");
/** Worth knowing, but no reason to stop. */
export const note: (guard: string, subject: string, found: string, details?: Details) => Finding =
  make("note");
/** A reason to stop. */
export const refused: (guard: string, subject: string, found: string, details?: Details) => Finding =
  make("refused");

/** How a setting is changed for one destroy. */
export const destroyWith = (key: string, value: string): string => `pulumi destroy -c ${key}=${value}`;
