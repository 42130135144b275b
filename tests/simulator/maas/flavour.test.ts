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
    "erase=false",
    "erase=no",
    "erase=off",
    "erase=0",
    "erase=N",
    "quick_erase=true",
    "scripts=none",
  ])
    it(`takes ${form} for no erasure`, async () => {
      expect(await releasedWith("3.4.8", form)).to.deep.equal([200, "Ready"]);
    });

  for (const form of ["erase=true", "erase=yes", "erase=ON", "erase=1", "erase=t"])
    it(`takes ${form} for an erasure`, async () => {
      expect(await releasedWith("3.4.8", form)).to.deep.equal([200, "Disk erasing"]);
    });

  it("refuses what is neither", async () => {
    expect(await releasedWith("3.4.8", "erase=perhaps")).to.deep.equal([
      400,
      "Invalid erase: Value should be 'true' or 'false'",
    ]);
    expect((await releasedWith("3.2.10", "force=maybe"))[0]).to.equal(400);
  });

  it("has machines without error_description", async () => {
    const fields = await fieldsOf("3.4.8");
    expect(fields).to.have.length(77);
    expect(fields).not.to.include.members(["error_description"]);
    expect(fields).not.to.include.members(["enable_kernel_crash_dump"]);
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

  it("has machines of 79 fields", async () => {
    expect(await fieldsOf("3.6.5")).to.have.length(79);
  });
});

describe("MAAS's master", () => {
  it("has machines without pod and virtualmachine_id", async () => {
    const fields = await fieldsOf("master");
    expect(fields).to.have.length(77);
    expect(fields).not.to.include.members(["pod"]);
    expect(fields).not.to.include.members(["virtualmachine_id"]);
  });

  it("calls a timestamp that is no number the client's error, where 3.6 fails", async () => {
    const statusIn = async (version: string): Promise<number> => {
      const { maas } = simulatedRegion({ maas: { version }, machines: [] });
      const [consumer, token, secret] = maas.keyOfUser("admin")?.split(":") ?? [];
      const { status } = await maas.handle({
        method: "GET",
        url: "/MAAS/api/2.0/users/?op=whoami",
        headers: {
          authorization: `OAuth oauth_signature_method="PLAINTEXT", oauth_consumer_key="${consumer}", oauth_token="${token}", oauth_signature="%26${secret}", oauth_nonce="1", oauth_timestamp="abc"`,
        },
        body: Buffer.from(""),
      });
      return status;
    };
    expect([await statusIn("master"), await statusIn("3.6.5")]).to.deep.equal([400, 500]);
  });
});
