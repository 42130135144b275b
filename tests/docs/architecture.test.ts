import { expect } from "chai";
import { projectFiles, textOf } from "./support/tracked.ts";

type Manifest = Partial<
  Record<
    "dependencies" | "devDependencies" | "optionalDependencies" | "peerDependencies",
    Record<string, string>
  >
>;

const manifests = projectFiles.filter((file) => /^(?:packages\/[\w-]+\/)?package\.json$/.test(file));

describe("docs/architecture.md", () => {
  it("says why each dependency is there, and names no other", () => {
    const used = manifests.flatMap((file) => {
      const { dependencies, devDependencies, optionalDependencies, peerDependencies }: Manifest = JSON.parse(
        textOf(file),
      );
      return Object.keys({
        ...dependencies,
        ...devDependencies,
        ...optionalDependencies,
        ...peerDependencies,
      });
    });
    const [, table = ""] = textOf("docs/architecture.md").split("## Why each dependency is there");
    const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
    );
    const short = (name: string) => name.replace(/^@types\/.*/, "@types/*");
    expect(named.toSorted()).to.deep.equal([...new Set(used.map(short))].toSorted());
  });
});
