import { createHmac } from "node:crypto";
import { expect } from "chai";
import { simulatedRegion } from "./simulated-region.ts";

describe("The simulated MAAS and OAuth", () => {
  const { maas } = simulatedRegion({ machines: [] });
  const [consumer = "", token = "", secret = ""] = maas.keyOfUser("admin")?.split(":") ?? [];
  const whoami = async (authorization: string, url = "/MAAS/api/2.0/users/?op=whoami"): Promise<number> =>
    (
      await maas.handle({
        method: "GET",
        url,
        headers: { authorization, host: "h:1" },
        body: Buffer.from(""),
      })
    ).status;
  const header = (parameters: Record<string, string>): string =>
    `OAuth ${Object.entries(parameters)
      .map(([name, value]) => `${name}="${encodeURIComponent(value)}"`)
      .join(", ")}`;
  const plaintext = (nonce: string, age = 0): Record<string, string> => ({
    oauth_consumer_key: consumer,
    oauth_token: token,
    oauth_signature_method: "PLAINTEXT",
    oauth_signature: `&${secret}`,
    oauth_timestamp: `${Math.floor(Date.now() / 1000) - age}`,
    oauth_nonce: nonce,
  });

  it("accepts a timestamp up to 300 seconds old, and from the future", async () => {
    expect(await whoami(header(plaintext("a", 298)))).to.equal(200);
    expect(await whoami(header(plaintext("b", 302)))).to.equal(401);
    expect(await whoami(header(plaintext("c", -9999)))).to.equal(200);
  });

  it("uses up a nonce even when the signature is wrong", async () => {
    expect(await whoami(header({ ...plaintext("d"), oauth_signature: "&wrong" }))).to.equal(401);
    expect(await whoami(header(plaintext("d")))).to.equal(401);
    expect(await whoami(header(plaintext("e")))).to.equal(200);
  });

  it("accepts HMAC-SHA1, query, form and all", async () => {
    const text = "it's (good) & ~new* + 100 %!";
    const form = new URLSearchParams({ comment: text }).toString();
    const encoded = (plain: string): string =>
      encodeURIComponent(plain)
        .replaceAll("'", "%27")
        .replaceAll("(", "%28")
        .replaceAll(")", "%29")
        .replaceAll("*", "%2A")
        .replaceAll("!", "%21");
    const signed = async (nonce: string, key: string, sentForm: string): Promise<number> => {
      const oauth: Record<string, string> = { ...plaintext(nonce), oauth_signature_method: "HMAC-SHA1" };
      delete oauth.oauth_signature;
      const pairs = Object.entries({ ...oauth, op: "whoami", comment: text }).map(
        ([name, value]) => `${encoded(name)}=${encoded(value)}`,
      );
      const base = ["GET", "http://h:1/MAAS/api/2.0/users/", pairs.sort().join("&")].map(encoded).join("&");
      const oauth_signature = createHmac("sha1", key).update(base).digest("base64");
      const { status } = await maas.handle({
        method: "GET",
        url: "/MAAS/api/2.0/users/?op=whoami",
        headers: {
          authorization: header({ ...oauth, oauth_signature }),
          host: "h:1",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: Buffer.from(sentForm),
      });
      return status;
    };
    expect(await signed("f", `&${secret}`, form)).to.equal(200);
    expect(await signed("g", "&wrong", form)).to.equal(401);
    expect(await signed("h", `&${secret}`, "comment=other")).to.equal(401);
  });

  it("takes nothing but OAuth for credentials", async () => {
    expect(await whoami("Bearer abc")).to.equal(401);
    expect(await whoami("OAuth")).to.equal(401);
  });
});
