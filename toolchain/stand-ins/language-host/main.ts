/** Stand-in for `pulumi-language-nodejs`, started by the engine as `pulumi-language-nodejs <engine address>`. */
import { enableCompileCache } from "node:module";
import { layoutOf } from "../../layout.ts";

// gRPC and the protocol's messages are 2 MB of JavaScript: compiled once, they load in half the time.
const { compileCache } = layoutOf(new URL("../../..", import.meta.url).pathname);
enableCompileCache(compileCache);
const { serveLanguageHost } = await import("./serve.ts");
serveLanguageHost(process.argv.slice(2), compileCache);
