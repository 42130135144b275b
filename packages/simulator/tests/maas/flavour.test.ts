import { expect } from "chai";
import { simulatedRegion } from "./simulated-region.ts";

/** What a release with this form leads to. */
const releasedWith = async (version: string, form: string): Promise<[number, string]> => {
  const { ask } = simulatedRegion({ maas: { version }, machines: [{ hostname: "one", powerState: "off" }] });
  const { status, body } = await ask("POST", "machines/{one}/?op=release", { form });
  return [status, body.startsWith("{") && status === 200 ? JSON.parse(body).status_name : body];
};

const fieldsOf = async (version: string): Promise<string[]> => {
  const { read } = simulatedRegion({ maas: { version }, machines: [{ hostname: "one", pod: "kvm" }] });
  return Object.keys((await read("one")) ?? {});
};

describe("A MAAS of version 3.4", () => {
  for (const form of [
    ...["erase=false", "erase=f", "erase=no", "erase=N", "erase=off", "erase=0", "erase="],
    ...["quick_erase=true", "secure_erase=true", "scripts=none", "scripts=wipe-disks"],
  ])
    it(`takes ${form} for no erasure`, async () => {
      expect(await releasedWith("3.4.8", form)).to.deep.equal([200, "Ready"]);
    });

  for (const form of ["erase=true", "erase=t", "erase=yes", "erase=y", "erase=ON", "erase=1"])
    it(`takes ${form} for an erasure`, async () => {
      expect(await releasedWith("3.4.8", form)).to.deep.equal([200, "Disk erasing"]);
    });

  it("refuses what is neither", async () => {
    expect(await releasedWith("3.4.8", "erase=perhaps")).to.deep.equal([
      400,
      "Invalid erase: Value should be 'true' or 'false'",
    ]);
    for (const name of ["force", "secure_erase", "quick_erase"])
      expect(await releasedWith("3.2.10", `${name}=maybe`)).to.deep.equal([
        400,
        `Invalid ${name}: Value should be 'true' or 'false'`,
      ]);
  });

  it("has machines without error_description", async () => {
    const fields = await fieldsOf("3.4.8");
    expect(fields).to.have.length(78);
    expect(fields).not.to.include("error_description");
    expect(fields).not.to.include("enable_kernel_crash_dump");
  });
});

describe("A MAAS of version 3.6", () => {
  for (const form of ["erase=false", "erase=False", "erase=", "force=true", ""])
    it(`takes ${form || "nothing"} for no erasure`, async () => {
      expect(await releasedWith("3.6.5", form)).to.deep.equal([200, "Ready"]);
    });

  for (const form of [
    "erase=no",
    "erase=0",
    "erase=off",
    "erase=FALSE",
    "erase=perhaps",
    "quick_erase=1",
    "secure_erase=true",
  ])
    it(`takes ${form} for an erasure`, async () => {
      expect(await releasedWith("3.6.5", form)).to.deep.equal([200, "Disk erasing"]);
    });

  it("refuses unknown scripts and wipes with wipe-disks", async () => {
    const [status, body] = await releasedWith("3.6.5", "scripts=nosuch");
    expect([status, JSON.parse(body)]).to.deep.equal([
      400,
      { scripts: ["Select a valid choice. nosuch is not one of the available choices."] },
    ]);
    expect(await releasedWith("3.6.5", "scripts=wipe-disks")).to.deep.equal([200, "Disk erasing"]);
  });

  it("is that of 3.5 and 3.7 too", async () => {
    for (const version of ["3.5.12", "3.7.3"])
      expect(await releasedWith(version, "erase=no")).to.deep.equal([200, "Disk erasing"]);
    expect(await releasedWith("2.9.2", "erase=no")).to.deep.equal([200, "Ready"]);
  });

  it("has machines of 80 fields", async () => {
    expect(await fieldsOf("3.6.5")).to.have.length(80);
  });
});

describe("MAAS's master", () => {
  it("has machines without pod and virtualmachine_id", async () => {
    const fields = await fieldsOf("master");
    expect(fields).to.have.length(78);
    expect(fields).not.to.include("pod");
    expect(fields).not.to.include("virtualmachine_id");
  });

  it("calls a timestamp that is no number the client's error, where 3.6 fails", async () => {
    const answerIn = async (version: string): Promise<[number, string]> => {
      const { maas } = simulatedRegion({ maas: { version }, machines: [] });
      const [consumer, token, secret] = maas.keyOfUser("admin")?.split(":") ?? [];
      const { status, body } = await maas.handle({
        method: "GET",
        url: "/MAAS/api/2.0/users/?op=whoami",
        headers: {
          authorization: `OAuth oauth_signature_method="PLAINTEXT", oauth_consumer_key="${consumer}", oauth_token="${token}", oauth_signature="%26${secret}", oauth_nonce="1", oauth_timestamp="abc"`,
        },
        body: Buffer.from(""),
      });
      return [status, body];
    };
    expect(await answerIn("master")).to.deep.equal([400, "Invalid timestamp"]);
    expect(await answerIn("3.8.0")).to.deep.equal([400, "Invalid timestamp"]);
    for (const version of ["3.4.8", "3.6.5"])
      expect(await answerIn(version)).to.deep.equal([500, "invalid literal for int() with base 10: 'abc'"]);
  });
});
