import { flushCompileCache } from "node:module";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

/** Serves on a free port of 127.0.0.1 and prints that port, as the engine expects of every plugin. */
export const serve = (service: ServiceDefinition, handlers: UntypedServiceImplementation): void => {
  // No limit on the size of a message: -1, as Pulumi's own servers have it.
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(service, handlers);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
    // The engine ends plugins by a signal, and at such an end Node would not save what it compiled.
    setTimeout(flushCompileCache, 300).unref();
  });
};

/** The engine's address among the arguments that it starts a plugin with. */
export const engineAddress = (argv: readonly string[]): string | undefined =>
  argv.find((argument) => /^[^-\s]+:\d+$/.test(argument));
