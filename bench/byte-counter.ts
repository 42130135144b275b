import { connect, createServer } from "node:net";

/** A pipe in front of MAAS that counts what MAAS sends, headers included. */
export type ByteCounter = { url: string; bytes: () => number; stop: () => void };

/** Opens one on a free port of this machine. */
export const byteCounter = async (target: string): Promise<ByteCounter> => {
  const { port } = new URL(target);
  let bytes = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), "127.0.0.1");
    far.on("data", (piece) => {
      bytes += piece.length;
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const own = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${own}/MAAS`, bytes: () => bytes, stop: () => void server.close() };
};
