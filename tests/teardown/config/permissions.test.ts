import { expect } from "chai";
import { z } from "zod";
import {
  howToPermit,
  isPermission,
  type Permission,
  type Permissions,
  permissionShape,
} from "../../../teardown/config/permissions.ts";

const schema = z.strictObject(permissionShape);
const one = "0b7c2f0e-6c1a-4c1e-8f59-1f1f0f6f1a01";
const two = "0b7c2f0e-6c1a-4c1e-8f59-1f1f0f6f1a02";

const problemOf = (key: Permission, value: unknown): string => {
  const { error } = schema.safeParse({ [key]: value });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`).join("\n");
};

const uuids: Permission[] = ["withoutBundle", "acceptVmDeletion", "acceptUnproven", "controllerLost"];
const ids: Permission[] = ["acceptDeleted", "alsoDestroyed", "releaseUnclaimed"];
const all = Object.keys(permissionShape) as Permission[];

describe("permissions", () => {
  it("are seven, and name nothing unless they are set", () => {
    const none: Permissions = {
      withoutBundle: [],
      acceptDeleted: [],
      alsoDestroyed: [],
      releaseUnclaimed: [],
      acceptVmDeletion: [],
      adoptPartial: [],
      acceptUnproven: [],
      controllerLost: [],
    };
    expect(schema.parse({})).to.deep.equal(none);
    expect(all.every(isPermission)).to.equal(true);
    expect(isPermission("erase") || isPermission("toString")).to.equal(false);
  });

  it("name nothing by an empty value and by the old ways to say no", () => {
    for (const key of all)
      for (const value of ["", " ", ",", false, "false", null, undefined, [], "[]"]) {
        expect(schema.parse({ [key]: value })[key], `${key} ${JSON.stringify(value)}`).to.deep.equal([]);
      }
  });

  it("name models and controllers by their UUIDs", () => {
    for (const key of [...uuids, "adoptPartial" as const]) {
      expect(schema.parse({ [key]: one })[key]).to.deep.equal([one]);
      expect(schema.parse({ [key]: ` ${one}, ,${two},${one} ` })[key]).to.deep.equal([one, two]);
      for (const wrong of ["openstack", one.slice(1), `${one}0`, `x${one}`])
        expect(problemOf(key, `${two},${wrong}`)).to.include(`, not "${wrong}"`);
    }
    expect(problemOf("withoutBundle", "openstack")).to.equal(
      'withoutBundle must be <model uuid>, not "openstack"',
    );
  });

  it("name a lab without a model by `gone`, where it is adopted", () => {
    expect(schema.parse({ adoptPartial: "gone" }).adoptPartial).to.deep.equal(["gone"]);
    expect(problemOf("adoptPartial", "going")).to.equal(
      'adoptPartial must be <model uuid or "gone">, not "going"',
    );
    expect(problemOf("withoutBundle", "gone")).to.include('not "gone"');
  });

  it("name machines by ids, also where these look like numbers", () => {
    const rows: [unknown, string[]][] = [
      ["4y3h7n", ["4y3h7n"]],
      [" 4y3h7n ,abc123,, 4y3h7n", ["4y3h7n", "abc123"]],
      ["12e456", ["12e456"]],
      ["123456", ["123456"]],
      [123456, ["123456"]],
      [`manual:10.0.0.5,${one}:0/lxd/1`, ["manual:10.0.0.5", `${one}:0/lxd/1`]],
    ];
    for (const key of ids)
      for (const [value, expected] of rows)
        expect(schema.parse({ [key]: value })[key]).to.deep.equal(expected);
    expect(problemOf("acceptDeleted", "a b")).to.equal(
      'acceptDeleted must be <system_id>[,<system_id>], not "a b"',
    );
  });

  it("say their new form to an old `true` and to an old list of hostnames", () => {
    for (const value of [true, "true"]) {
      expect(problemOf("withoutBundle", value)).to.equal(
        "withoutBundle must name what it permits: <model uuid>, not true",
      );
    }
    for (const value of [["openstack0"], '["openstack0"]']) {
      expect(problemOf("acceptDeleted", value)).to.equal(
        "acceptDeleted must be a comma-separated string of ids: <system_id>[,<system_id>], not a list",
      );
    }
    for (const key of all) {
      expect(problemOf(key, true), key).to.include("must name what it permits");
      expect(problemOf(key, ["a"]), key).to.include("not a list");
      expect(problemOf(key, { a: 1 }), key).to.include("must be a string");
    }
  });

  it("report every one that is wrong at once", () => {
    const { error } = schema.safeParse({ withoutBundle: true, acceptDeleted: ["a"], unknown: 1 });
    expect(error?.issues.map(({ path }) => path.join("."))).to.deep.equal([
      "withoutBundle",
      "acceptDeleted",
      "",
    ]);
  });

  it("say how they are given", () => {
    expect(howToPermit("withoutBundle")).to.equal("pulumi config set withoutBundle '<model uuid>'");
    expect(howToPermit("adoptPartial")).to.equal(`pulumi config set adoptPartial '<model uuid or "gone">'`);
  });
});
