/** What a bundle may cost. An export of 27 applications has 11 KB; certificates and policies make it larger. */
export const limits = {
  /** Bytes of one file. */
  fileBytes: 2_000_000,
  /** Values after anchors are resolved: what an alias bomb multiplies. */
  values: 250_000,
  /** Levels of nesting; a bundle has six. */
  depth: 50,
  /** YAML documents in one file; an export has one or two. */
  documents: 100,
} as const;
