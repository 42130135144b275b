import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { DestroyAnswer, Left } from "../../../../teardown/clients/juju.ts";
import { jujuErrorKind } from "../../../../teardown/clients/juju.ts";
import { type FakeJuju, openstack, printing, until, withAnswer, withScript } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedJuju } from "../support/recordings.ts";

const destroy = async (
  { juju }: FakeJuju,
  more: { signal?: AbortSignal; limit?: number; onProgress?: (left: Left) => void } = {},
): Promise<DestroyAnswer> =>
  juju.destroyModel(openstack, {
    onProgress: more.onProgress ?? (() => {}),
    signal: more.signal ?? new AbortController().signal,
    limit: more.limit ?? 60_000,
  });

describe("Juju client: destroying a model", () => {
  it("passes exactly the runbook's flags, and the UUID instead of the name", async () => {
    await withAnswer(recordedJuju("cli-3.6.28/alive.txt", "destroy-model"), async (fake) => {
      const seen: string[] = [];
      expect(await destroy(fake, { onProgress: ({ text }) => seen.push(text) })).to.deep.equal({
        kind: "reported-gone",
      });
      expect(seen).to.deep.equal(["4 machine(s), 3 application(s)", "2 machine(s)"]);
      expect(fake.calls()).to.deep.equal([
        `destroy-model ${openstack} --force --no-wait --destroy-storage --no-prompt controller= model=`,
      ]);
    });
  });

  it("does not believe exit code 0 after a lost poll", async () => {
    const cases = [
      ["polldrop.txt", "connection is shut down."],
      ["pollerr.txt", "unexpected: state pool is closed."],
    ] as const;
    for (const [file, reason] of cases) {
      const recorded = recordedJuju(`cli-3.6.28/${file}`, "destroy-model");
      expect(recorded.code).to.equal(0);
      await withAnswer(recorded, async (fake) =>
        expect(await destroy(fake)).to.deep.equal({ kind: "lost-connection", reason }),
      );
    }
  });

  it("does not believe exit code 0 without a word either", async () => {
    await withAnswer(printing("", "Destroying model\n"), async (fake) =>
      expect(await destroy(fake)).to.have.property("kind", "lost-connection"),
    );
  });

  it("knows every way in which juju says that there is no such model", async () => {
    const cases = [
      recordedJuju("cli-3.6.28/gone.txt", "destroy-model"),
      recordedJuju("cli-3.6.28/gone-stale-store.txt", "destroy-model"),
      recordedJuju("cli-3.6.28/alive-errors.txt", "destroy-model nosuch"),
      printing("", `ERROR getting model status: model "${openstack}" not found\n`, 1),
      printing("", `ERROR getting model status: model ${openstack} has been removed\n`, 1),
      printing("", "ERROR model not found, it may have been destroyed during this operation\n", 1),
    ];
    for (const recorded of cases) {
      await withAnswer(recorded, async (fake) =>
        expect(await destroy(fake)).to.have.property("kind", "not-found"),
      );
    }
  });

  it("tells a refusal, with juju's words", async () => {
    const cases = [
      ["blocked.txt", "destroy-model", "blocked", "juju enable-command destroy-model"],
      ["destroydenied.txt", "destroy-model", "forbidden", "permission denied"],
      ["unauth.txt", "destroy-model", "unauthorized", "invalid entity name or password"],
      ["storage.txt", "destroy-model", "storage", "1 volume(s)"],
      ["apistorage.txt", "destroy-model", "storage", "persistent storage"],
      ["login-and-context.txt", "destroy-model openstack", "not-logged-in", "not logged"],
      ["alive-errors.txt", "destroy-model otherctl", "no-controller", "otherctl"],
    ] as const;
    for (const [file, command, cause, words] of cases) {
      await withAnswer(recordedJuju(`cli-3.6.28/${file}`, command), async (fake) => {
        const answer = await destroy(fake);
        expect(answer, file).to.include({ kind: "refused", cause });
        expect(answer, file).to.have.property("reason").that.contains(words);
      });
    }
  });

  it("calls anything else failed, with juju's words", async () => {
    await withAnswer(
      printing("", "Destroying modelERROR cannot destroy model: the moon is full\n", 1),
      async (fake) => {
        const answer = await destroy(fake);
        expect(answer).to.include({ kind: "failed", cause: "failed" });
        expect(answer).to.have.property("reason").that.contains("the moon is full");
      },
    );
    await withAnswer(printing("", "", 1), async (fake) =>
      expect(await destroy(fake)).to.have.property("reason", "exit code 1 without a word"),
    );
  });

  it("fails when there is no juju at all", async () => {
    await withScript(
      "",
      async (fake) => expect(jujuErrorKind(await errorOf(destroy(fake)))).to.equal("missing-binary"),
      { binary: "/nonexistent/juju" },
    );
  });

  const waiting = `
printf 'Destroying model\\nWaiting for model to be removed, 1 error(s), 4 machine(s), 3 application(s), 2 volume(s), 1 filesystems(s)...' >&2
touch waiting
exec sleep 600`;

  it("reports progress as it comes, not at the end", async () => {
    const stop = new AbortController();
    await withScript(waiting, async (fake) => {
      const seen: Left[] = [];
      const answer = await destroy(fake, {
        signal: stop.signal,
        onProgress: (left) => {
          seen.push(left);
          stop.abort();
        },
      });
      expect(answer).to.include({ kind: "stopped", by: "abort", accepted: true });
      expect(seen).to.deep.equal([
        {
          machines: 4,
          applications: 3,
          errors: 1,
          volumes: 2,
          filesystems: 1,
          text: "1 error(s), 4 machine(s), 3 application(s), 2 volume(s), 1 filesystems(s)",
        },
      ]);
    });
  });

  it("throws what the listener threw, but not before juju has ended", async () => {
    const script =
      "printf 'Waiting for model to be removed...' >&2; sleep 0.1; touch ended; echo 'Model destroyed.' >&2";
    await withScript(script, async (fake) => {
      const onProgress = (): void => {
        throw new Error("the disk is full");
      };
      expect((await errorOf(destroy(fake, { onProgress }))).message).to.equal("the disk is full");
      expect(existsSync(join(fake.folder, "ended"))).to.equal(true);
    });
  });

  it("stops at its limit, and says that the destruction goes on", async () => {
    await withScript(waiting, async (fake) => {
      const answer = await destroy(fake, { limit: 1000 });
      expect(answer).to.include({ kind: "stopped", by: "limit", accepted: true });
      expect(answer).to.have.property("reason").that.contains("goes on in the controller");
    });
  });

  it("does not claim that of a controller that never answered", async () => {
    await withScript("exec sleep 600", async (fake) => {
      const answer = await destroy(fake, { limit: 100 });
      expect(answer).to.include({ kind: "stopped", by: "limit", accepted: false });
      expect(answer).to.have.property("reason").that.contains("may not have been asked");
    });
  });

  it("takes somebody's signal to juju for a stop, not for an end", async () => {
    const progress = "Destroying model\nWaiting for model to be removed...";
    const cases = [
      [
        printing("", `${progress}.......\n\ndestroy model is still running in the background...\n`, 1),
        "SIGINT, as recorded",
      ],
      [printing("", progress, 143), "SIGTERM, as recorded"],
      [printing("", progress, 129), "SIGHUP, as recorded"],
    ] as const;
    for (const [recorded, name] of cases) {
      await withAnswer(recorded, async (fake) =>
        expect(await destroy(fake), name).to.include({ kind: "stopped", by: "signal", accepted: true }),
      );
    }
    await withScript(`printf '${progress.replace("\n", "\\n")}' >&2; kill -TERM $$`, async (fake) =>
      expect(await destroy(fake)).to.include({ kind: "stopped", by: "signal", accepted: true }),
    );
  });

  it("ends with the client's own signal too", async () => {
    const stop = new AbortController();
    await withScript(
      waiting,
      async (fake) => {
        const answer = destroy(fake);
        await until(() => fake.calls().length > 0);
        stop.abort();
        expect(await answer).to.include({ kind: "stopped", by: "abort" });
      },
      { signal: stop.signal },
    );
  });
});
