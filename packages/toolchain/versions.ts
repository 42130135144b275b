/** What the toolchain provides. package.json pins the same versions (a test compares them). */
export const versions = { pulumi: "3.259.0", command: "1.2.1", node: 24 } as const;
