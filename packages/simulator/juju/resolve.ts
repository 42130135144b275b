import { fail, runError, usageError } from "./failure.ts";
import { connect, refreshModels, type Session, visibleModels } from "./session.ts";
import { isJuju4 } from "./state.ts";

const noControllers = `No controllers registered.

Please either create a new controller using "juju bootstrap" or connect to
another controller that you have been given access to using "juju register".
`;

const list = (names: readonly string[]): string => names.map((name) => `  - ${name}`).join("\n");

/** The controller that a command addresses: given, from the environment, or the current one. */
export const resolveController = (session: Session, given: string | undefined, exitCode: number): string => {
  const { controllers, "current-controller": current } = session.store.controllers();
  const names = Object.keys(controllers);
  if (names.length === 0) return fail(noControllers, exitCode);
  const fromModel = session.env.JUJU_MODEL?.includes(":") ? session.env.JUJU_MODEL.split(":")[0] : undefined;
  const name = given || session.env.JUJU_CONTROLLER || fromModel || current;
  if (!name)
    return fail(
      `No selected controller.\n\nUse "juju switch" to select from the following controllers:\n\n${list(names)}`,
      exitCode,
    );
  if (!names.includes(name)) return fail(`controller ${name} not found`, exitCode);
  return name;
};

/** What a command was asked to address, before anything was looked up. */
export type ModelTarget = {
  readonly controller: string;
  /** As the user wrote it, or the current model: juju repeats it in messages. */
  readonly asked: string;
};

/** The model that a command addresses, from its argument, the environment or the current model. Exit code 2. */
export const targetModel = (session: Session, given: string | undefined): ModelTarget => {
  const text = given ?? session.env.JUJU_MODEL;
  const [first = "", second] = text?.split(":") ?? [];
  const controller = resolveController(session, second === undefined ? undefined : first, usageError);
  const asked = (second === undefined ? first : second) || session.store.currentModel(controller);
  if (asked) return { controller, asked };
  return fail(noSelectedModel(controller, Object.keys(session.store.models(controller))), usageError);
};

/** What juju says when none of the models that it knows is the current one. It does not offer the controller's own. */
export const noSelectedModel = (controller: string, names: readonly string[]): string => {
  const offered = names
    .filter((name) => !name.endsWith("/controller"))
    .map((name) => `${controller}:${name}`);
  return `No selected model.\n\nUse "juju switch" to select one of the following models:\n\n${list(offered)}`;
};

export type StoredModel = {
  readonly controller: string;
  /** `owner/name`. */
  readonly name: string;
  readonly uuid: string;
  /** The name in messages: as asked, or `owner/name` when a UUID was given. */
  readonly shown: string;
};

const uuidPrefix = /^[0-9a-f-]{6,36}$/;

const find = (
  session: Session,
  { controller, asked }: ModelTarget,
  user: string,
): StoredModel | undefined => {
  const models = session.store.models(controller);
  const qualified = asked.includes("/") ? asked : `${user}/${asked}`;
  const exact = models[qualified];
  if (exact) return { controller, name: qualified, uuid: exact.uuid, shown: asked };
  if (!uuidPrefix.test(asked)) return undefined;
  const byUuid = Object.entries(models).filter(([, { uuid }]) => uuid.startsWith(asked));
  const [match] = byUuid;
  if (!match || byUuid.length > 1) return undefined;
  return { controller, name: match[0], uuid: match[1].uuid, shown: match[0] };
};

/**
 * Looks a model up in the client's store and, when it is not there, in the controller's list.
 * Nobody logged in and unknown models end the call with exit code 1.
 */
export const lookUpModel = async (session: Session, target: ModelTarget): Promise<StoredModel> => {
  const { controller, asked } = target;
  const account = session.store.account(controller);
  if (!account) return fail(`refreshing models: controller "${controller}": not logged`, runError);
  const stored = find(session, target, account.user);
  if (stored) return stored;
  await connect(session, controller);
  refreshModels(session, controller, visibleModels(session, account.user));
  const fresh = find(session, target, account.user);
  if (fresh) return fresh;
  // 4.0 repeats the name as it was written, 3.6 with the user before it, also when it is a UUID.
  const asWritten = asked.includes("/") || isJuju4(session.simulation.state.scenario.client);
  return fail(`model ${controller}:${asWritten ? asked : `${account.user}/${asked}`} not found`, runError);
};
