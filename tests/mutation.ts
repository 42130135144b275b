/** `make test-mutation`: whether the suites of the simulated lab notice small changes of its tables and answers. */
await import("./simulator/mutation/main.ts");
