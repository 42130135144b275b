import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { maasClient, maasErrorKind } from "../../../../teardown/clients/maas.ts";
import { describeUnless, noOpenssl } from "../../../needs.ts";
import { apiKey, errorOf } from "../support/maas.ts";

describeUnless(noOpenssl())("MAAS client: TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "maas-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  let server: Server | undefined;
  let url = "";
  const asked: string[] = [];

  before((done) => {
    execFileSync("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", key, "-out", cert],
    ]);
    const listening = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
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
    const slept: number[] = [];
    const maas = maasClient({ url, apiKey, sleep: async (ms) => void slept.push(ms) });
    const error = await errorOf(maas.version());
    expect(maasErrorKind(error)).to.equal("unreachable");
    expect(error.message).to.contain("certificate").and.contain("NODE_EXTRA_CA_CERTS");
    expect(asked).to.deep.equal([]);
    expect(slept).to.deep.equal([]);
    maas.close();
  });

  it("talks to it once its authority is given", async () => {
    const maas = maasClient({ url, apiKey, ca: readFileSync(cert, "utf8") });
    expect(await maas.version()).to.have.property("version", "3.6.5");
    maas.close();
  });
});
