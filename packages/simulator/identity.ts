import { createHash } from "node:crypto";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The letters of MAAS's system_ids: no vowels, nothing that reads like another letter. */
const letters = "34678abcdefghkmnpqrstwxy";

/** A system_id (6 characters) that is always the same for the same text. */
export const stableSystemId = (text: string): string =>
  [...digest(`system_id ${text}`).subarray(0, 6)].map((byte) => letters[byte % letters.length]).join("");

/** A version 4 shaped UUID that is always the same for the same text. */
export const stableUuid = (text: string): string => {
  const hex = digest(`uuid ${text}`).toString("hex");
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** `length` letters and digits, always the same for the same text. */
export const stableToken = (text: string, length: number): string =>
  digest(`token ${text}`)
    .toString("base64")
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, length);
