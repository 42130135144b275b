/** Stand-in for `pulumi-resource-command`, started by the engine as `pulumi-resource-command <engine address>`. */
import { enableCompileCache } from "node:module";
import { layoutOf } from "../../layout.ts";

enableCompileCache(layoutOf(new URL("../../..", import.meta.url).pathname).compileCache);
const { serveCommand } = await import("./serve.ts");
serveCommand(process.argv.slice(2));
