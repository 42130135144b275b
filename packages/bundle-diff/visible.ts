// Control characters (C0, DEL, C1), line separators, and what reorders or hides text (bidi, zero width, tags).
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

const names: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Text that cannot move a cursor, colour, reorder or hide anything: such characters are shown by number. */
export const visible = (text: string): string =>
  text.replace(
    invisible,
    (character) => names.get(character) ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );

/** The same characters as JSON escapes, for text that JSON.stringify has made. */
export const visibleJson = (json: string): string =>
  json.replace(invisible, (character) =>
    character === "\n"
      ? character
      : Array.from(
          { length: character.length },
          (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
        ).join(""),
  );
