/**
 * `make test-faults`: every row of the tables in `docs/`, which this writes anew when all rows are green, and what `make test`
 * leaves out of the properties, the shared state and the packed library. Arguments are parts of
 * rows (`section: situation`); then only those rows run and nothing is written.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot, toolchainEnvironment } from "../../packages/toolchain/environment.ts";
import { document } from "./documents.ts";
import { type Seen, type TableName, tableNames } from "./rows.ts";

const [only] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "openstack-lab-faults-"));
const gathered = join(directory, "seen.jsonl");
writeFileSync(gathered, "");
try {
  const { env } = await toolchainEnvironment();
  const others = ["properties", "shared-state", "packaging"];
  const folders = only ? ["faults"] : ["faults", ...others];
  const mocha = [
    "node_modules/mocha/bin/mocha.js",
    ...folders.map((folder) => `tests/${folder}/**/*.test.ts`),
  ];
  const { exitCode } = await execa(process.execPath, mocha, {
    cwd: projectRoot,
    env: {
      ...env,
      FAULTS: "all",
      FAULTS_SEEN: gathered,
      PROPERTY_CASES: process.env.PROPERTY_CASES ?? "1000",
      ...(only && { FAULTS_ONLY: only }),
    },
    stdio: ["ignore", "inherit", "inherit"],
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
  if (exitCode === 0 && !only) {
    const all = readFileSync(gathered, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((text) => JSON.parse(text) as Seen);
    for (const table of tableNames) {
      const rows = all.filter((row: Seen): row is Seen & { table: TableName } => row.table === table);
      writeFileSync(join(projectRoot, "docs", `${table}.md`), document(table, rows));
      process.stdout.write(`docs/${table}.md: ${rows.length} rows\n`);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
