/** The message that a promise is rejected with; fails when it is not. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<string> => {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("expected a rejection with an Error");
  return outcome.message;
};
