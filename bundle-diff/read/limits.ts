/** What a bundle may cost. The largest export seen of a charmed OpenStack with certificates is below 1 MB. */
export const limits = {
  /** Bytes of one file. */
  fileBytes: 5_000_000,
  /** Values after anchors are resolved: what an alias bomb multiplies. */
  values: 250_000,
  /** Levels of nesting; a bundle has six. */
  depth: 50,
  /** YAML documents in one file; an export has one or two. */
  documents: 100,
} as const;
