import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { maasClient, maasErrorKind } from "../../../../teardown/clients/maas.ts";
import { describeUnless, noOpenssl } from "../../../needs.ts";
import { apiKey, errorOf } from "../support/maas.ts";

describeUnless(noOpenssl())("MAAS client: TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "maas-tls-"));
  const file = (name: string): string => join(folder, name);
  let server: Server | undefined;
  let url = "";
  const asked: string[] = [];

  const openssl = (...args: string[]): Buffer => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = (name: string): void => {
    const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
    openssl("req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=${name}`, ...files);
  };

  before((done) => {
    writeFileSync(file("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
    authority("lab-ca");
    authority("other-ca");
    const request = ["-keyout", file("key.pem"), "-out", file("csr.pem")];
    openssl("req", ...newKey, "-subj", "/CN=localhost", ...request);
    openssl(
      ...["x509", "-req", "-in", file("csr.pem"), "-CA", file("lab-ca.pem"), "-CAkey", file("lab-ca.key")],
      ...["-CAcreateserial", "-days", "2", "-extfile", file("names"), "-out", file("cert.pem")],
    );
    const listening = createServer(
      { key: readFileSync(file("key.pem")), cert: readFileSync(file("cert.pem")) },
      (request, response) => {
        asked.push(request.url ?? "");
        response.end('{"version": "3.6.5", "subversion": ""}');
      },
    );
    server = listening;
    listening.listen(0, "127.0.0.1", () => {
      url = `https://127.0.0.1:${(listening.address() as AddressInfo).port}/MAAS`;
      done();
    });
  });
  after(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("sends nothing to a server whose certificate is not trusted, and does not try again", async () => {
    for (const ca of [undefined, readFileSync(file("other-ca.pem"), "utf8")]) {
      const slept: number[] = [];
      const maas = maasClient({ url, apiKey, ca, sleep: async (ms) => void slept.push(ms) });
      for (const call of [maas.version(), maas.release("gem6xs", { comment: "", erase: "none" })]) {
        const error = await errorOf(call);
        expect(maasErrorKind(error)).to.equal("unreachable");
        expect(error.message).to.contain("certificate").and.contain("NODE_EXTRA_CA_CERTS");
      }
      expect(asked).to.deep.equal([]);
      expect(slept).to.deep.equal([]);
      maas.close();
    }
  });

  it("talks to it once its authority is given", async () => {
    const maas = maasClient({ url, apiKey, ca: readFileSync(file("lab-ca.pem"), "utf8") });
    expect(await maas.version()).to.have.property("version", "3.6.5");
    maas.close();
  });

  it("honours NODE_EXTRA_CA_CERTS, also beside a profile's own authority", async () => {
    const script = file("ask.mjs");
    const client = new URL("../../../../teardown/clients/maas.ts", import.meta.url).href;
    writeFileSync(
      script,
      `import { readFileSync } from "node:fs";
      const { maasClient } = await import(${JSON.stringify(client)});
      for (const ca of [undefined, readFileSync(${JSON.stringify(file("other-ca.pem"))}, "utf8")]) {
        const { version } = await maasClient({ url: "${url}", apiKey: "${apiKey}", ca }).version();
        console.log(version);
      }`,
    );
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: file("lab-ca.pem") };
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
    expect(stdout).to.equal("3.6.5\n3.6.5\n");
  });

  it("lets go at once of a connection that is being made when it is stopped", async () => {
    // It takes the connection, and never says a word of TLS.
    const closed = Promise.withResolvers<number>();
    const stop = new AbortController();
    let stoppedAt = 0;
    const silent = createTcpServer((socket) => {
      socket.on("error", () => {}).on("close", () => closed.resolve(performance.now() - stoppedAt));
      setTimeout(() => {
        stoppedAt = performance.now();
        stop.abort();
      }, 50);
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const maas = maasClient({ url: `https://127.0.0.1:${port}`, apiKey, signal: stop.signal });
    expect(maasErrorKind(await errorOf(maas.version()))).to.equal("interrupted");
    expect(await closed.promise).to.be.below(1000);
    silent.close();
  });
});
