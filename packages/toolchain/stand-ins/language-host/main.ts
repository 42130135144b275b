/** Stand-in for `pulumi-language-nodejs`, started by the engine as `pulumi-language-nodejs <engine address>`. */
import { serveLanguageHost } from "./serve.ts";

serveLanguageHost(process.argv.slice(2));
