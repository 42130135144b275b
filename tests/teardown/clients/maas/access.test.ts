import { expect } from "chai";
import fc from "fast-check";
import { authorization, parseMaasKey } from "../../../../teardown/clients/maas/access.ts";
import { normalizeMaasUrl } from "../../../../teardown/clients/maas.ts";

describe("MAAS client: URL and key", () => {
  const urls = [
    ["http://maas:5240/MAAS", "http://maas:5240/MAAS"],
    ["http://maas:5240/MAAS/", "http://maas:5240/MAAS"],
    [" http://maas:5240/MAAS/api/2.0/ ", "http://maas:5240/MAAS"],
    ["http://maas:5240/MAAS/api/2.0", "http://maas:5240/MAAS"],
    ["http://maas:5240/MAAS/r/machines?q=1#top", "http://maas:5240/MAAS"],
    ["http://maas:5240/MAAS/r", "http://maas:5240/MAAS"],
    ["http://maas:5240", "http://maas:5240/MAAS"],
    ["https://maas.example:5443/MAAS", "https://maas.example:5443/MAAS"],
    ["http://[fd00::1]:5240/MAAS", "http://[fd00::1]:5240/MAAS"],
    ["http://proxy/r/MAAS", "http://proxy/r/MAAS"],
  ] as const;
  for (const [given, expected] of urls) {
    it(`takes ${given.trim()}`, () => expect(normalizeMaasUrl(given)).to.equal(expected));
  }

  for (const given of ["maas:5240/MAAS", "", "ftp://maas/MAAS", "not a url"]) {
    it(`refuses ${JSON.stringify(given)} as a URL`, () =>
      expect(() => normalizeMaasUrl(given))
        .to.throw()
        .with.property("code", "config"));
  }

  it("refuses a password in the URL without repeating it", () => {
    for (const given of ["http://me:hunter2@maas/MAAS", "htt p://me:hunter2@maas"]) {
      expect(() => normalizeMaasUrl(given))
        .to.throw(/^(?![\s\S]*hunter2)/)
        .with.property("code", "config");
    }
  });

  it("takes a key of three parts, and no other, without repeating it", () => {
    expect(parseMaasKey(" a:b:c\n")).to.deep.equal({ consumer: "a", token: "b", secret: "c" });
    for (const key of [
      "",
      "hunter2",
      "a:hunter2",
      "a:b:hunter2:d",
      "a::hunter2",
      "a:b:hunter 2",
      "a:b:hun\nter2",
    ]) {
      expect(() => parseMaasKey(key))
        .to.throw(/^(?![\s\S]*(hunter|ter2))/)
        .with.property("code", "config");
    }
  });

  it("writes the header that MAAS takes: PLAINTEXT, all six parts, whole seconds", () => {
    const header = authorization({ consumer: "C", token: "T", secret: "S" }, 1_795_355_345_999, "n1");
    expect(header).to.equal(
      'OAuth oauth_version="1.0", oauth_signature_method="PLAINTEXT", oauth_consumer_key="C", oauth_token="T", ' +
        'oauth_signature="%26S", oauth_nonce="n1", oauth_timestamp="1795355345"',
    );
  });

  it("never breaks the header, whatever stands in the key", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (consumer, token, secret) => {
        fc.pre([consumer, token, secret].every((part) => part.isWellFormed()));
        const header = authorization({ consumer, token, secret }, 0);
        const parts = header.replace(/^OAuth /, "").split(", ");
        expect(parts).to.have.length(7);
        expect(header).to.match(/^[\x20-\x7e]+$/);
        const signature = parts
          .find((part) => part.startsWith("oauth_signature="))
          ?.slice('oauth_signature="'.length, -1);
        expect(decodeURIComponent(signature ?? "")).to.equal(`&${secret}`);
      }),
    );
  });
});
