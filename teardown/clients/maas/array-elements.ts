const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [...'"\\,{}[]'].map(
  (sign) => sign.charCodeAt(0),
);

/** Where a string ends that begins here: at its closing quote, or with the text. */
const endOfString = (text: string, begin: number): number => {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = at;
    while (text.charCodeAt(escapes - 1) === backslash) escapes--;
    if ((at - escapes) % 2 === 0) return at;
  }
  return text.length;
};

/** Cuts a JSON array into its elements as it arrives. */
export type ArrayCutter = {
  push: (piece: string) => void;
  /** Whether all that was pushed was one whole array; called last. */
  end: () => boolean;
};

/**
 * Hands over the elements of a JSON array as texts, one after the other, without keeping them: a list of a thousand machines is
 * 13 MB, and parsed as one it takes 100 MB of memory that V8 gives back late. Whether an element is JSON is found when it is parsed.
 */
export const arrayCutter = (onElement: (text: string) => void): ArrayCutter => {
  let state: "before" | "inside" | "after" | "no array" = "before";
  let elements = 0;
  let rest = "";
  const begin = (): void => {
    const at = rest.search(/\S/);
    if (at < 0) return;
    state = rest.charCodeAt(at) === openBracket ? "inside" : "no array";
    rest = rest.slice(at + 1);
  };
  /** Hands over what is whole. An element that is not is looked at again from its beginning when more has come. */
  const cut = (): void => {
    let depth = 0;
    let from = 0;
    const element = (at: number): void => {
      elements++;
      onElement(rest.slice(from, at));
    };
    for (let at = 0; at < rest.length; at++) {
      const sign = rest.charCodeAt(at);
      if (sign === quote) at = endOfString(rest, at);
      else if (sign === openBrace || sign === openBracket) depth++;
      else if (sign === comma && depth === 0) {
        element(at);
        from = at + 1;
      } else if (sign === closeBrace || sign === closeBracket) {
        if (depth-- > 0) continue;
        if (elements > 0 || rest.slice(from, at).trim() !== "") element(at);
        state = sign === closeBracket ? "after" : "no array";
        from = at + 1;
        break;
      }
    }
    rest = rest.slice(from);
  };
  return {
    push: (piece) => {
      if (state === "no array") return;
      rest += piece;
      if (state === "before") begin();
      if (state === "inside") cut();
      if (state === "after" && rest.trim() !== "") state = "no array";
    },
    end: () => state === "after",
  };
};
