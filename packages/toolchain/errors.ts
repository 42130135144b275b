/** What the toolchain cannot do; the message says what is missing and what to type. */
export class ToolchainError extends Error {
  override readonly name = "ToolchainError";
}
