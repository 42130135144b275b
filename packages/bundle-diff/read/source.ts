import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Problem, Result } from "../problem.ts";
import { limits } from "./limits.ts";

/** The name of the bundle in a run directory, as the runbook has it. */
export const bundleFileName = "bundle-pre-destroy.yaml";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

const explain: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["EACCES", "no permission to read it"],
  ["ENOTDIR", "a part of the path is not a directory"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "a name that is too long"],
]);

/** Reads a file or a pipe, at most the limit: what is endless must not fill the memory. */
const readLimited = async (path: string): Promise<Uint8Array | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    if (!(chunk instanceof Buffer)) continue;
    bytes += chunk.length;
    if (bytes > limits.fileBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/**
 * The text of a bundle file, or of the bundle in a run directory.
 * @param path - a file, a pipe, or a directory that holds `bundle-pre-destroy.yaml`
 * @param directory - what a relative path starts from
 */
export const readSource = async (
  path: string,
  directory: string,
): Promise<Result<{ name: string; text: string }>> => {
  const fail = (
    where: string,
    found: string,
    expected: string,
    next: string,
  ): { ok: false; problems: Problem[] } => ({
    ok: false,
    problems: [{ where, found, expected, next }],
  });
  let file = path;
  try {
    let found = await stat(resolve(directory, file));
    if (found.isDirectory()) {
      file = join(path, bundleFileName);
      found = await stat(resolve(directory, file));
    }
    if (!found.isFile() && !found.isFIFO())
      return fail(
        file,
        "not a regular file",
        "a bundle file or a run directory",
        `file ${JSON.stringify(file)}`,
      );
    const bytes = await readLimited(resolve(directory, file));
    if (bytes === undefined)
      return fail(
        file,
        `more than ${limits.fileBytes / 1_000_000} MB`,
        "a bundle, which has some 10 to 500 KB",
        `ls -l ${JSON.stringify(file)}`,
      );
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { ok: true, value: { name: file, text } };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      return fail(file, "bytes that are not UTF-8 text", "a bundle in YAML", `file ${JSON.stringify(file)}`);
    const expected =
      file === path ? "a bundle file or a run directory" : `a run directory, which holds ${bundleFileName}`;
    return fail(file, explain.get(code) ?? code, expected, `ls -l ${JSON.stringify(path)}`);
  }
};
