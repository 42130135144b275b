/** Stand-in for `pulumi-resource-command`, started by the engine as `pulumi-resource-command <engine address>`. */
import { serveCommand } from "./serve.ts";

serveCommand(process.argv.slice(2));
