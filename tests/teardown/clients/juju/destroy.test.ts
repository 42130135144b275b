import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { progressReader, whatIsLeft } from "../../../../teardown/clients/juju/destroy.ts";
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
      ["blocked.txt", "destroy-model", "disabled", "juju enable-command destroy-model"],
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

  it("asks 4.0, which prints the operator's reason alone, whether the command is disabled", async () => {
    const refusing = (disabled: string): string =>
      `case $1 in disabled-commands) ${disabled};; *) echo "ERROR cannot destroy model: hands off" >&2; exit 1;; esac`;
    const entry = '[{"command-set":"destroy-model","message":"hands off"}]';
    await withScript(refusing(`echo '${entry}'`), async (fake) => {
      const answer = await destroy(fake);
      expect(answer).to.include({ kind: "refused", cause: "disabled" });
      expect(answer).to.have.property("problem").that.includes({ text: "hands off", model: openstack });
      expect(fake.calls()[1]).to.match(/^disabled-commands -m 7f5d\S+ --format=json /);
    });
    for (const other of ["echo '[]'", "exit 1"])
      await withScript(refusing(other), async (fake) =>
        expect(await destroy(fake)).to.include({ kind: "failed", cause: "failed" }),
      );
  });

  it("takes 4.0's word that the model is not there any more for the end", async () => {
    const recorded = recordedJuju(
      "cli-4.0.14-real-server.json",
      "destroy-model openstack --force --no-wait --destroy-storage --no-prompt --no-b",
    );
    await withAnswer(recorded, async (fake) =>
      expect(await destroy(fake)).to.deep.equal({ kind: "reported-gone" }),
    );
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
      expect(await destroy(fake)).to.have.property("reason", "exit code 1, nothing on stderr"),
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

const read = (pieces: string[]): string[] => {
  const seen: string[] = [];
  const feed = progressReader(({ text }) => seen.push(text));
  for (const piece of pieces) feed(piece);
  return seen;
};

const stderr =
  "Destroying modelWaiting for model to be removed, 1 error(s), 4 machine(s), 3 application(s)......\n" +
  `Waiting for model to be removed, 2 machine(s)...${".".repeat(40)}\n${".".repeat(80)}\n.....\n` +
  "Waiting for model to be removed, 2 machine(s)...\n" +
  "Waiting for model to be removed, 1 volume(s), 2 filesystem(s)...\n" +
  "Waiting for model to be removed...........Unable to get the model status from the API: broken.\n";

const expected = [
  "1 error(s), 4 machine(s), 3 application(s)",
  "2 machine(s)",
  "1 volume(s), 2 filesystem(s)",
  "",
];

describe("Juju client: progress of a destruction", () => {
  it("reads each change once, without newlines, with dots, wrapped or not", () => {
    expect(read([stderr])).to.deep.equal(expected);
  });

  it("reads the same wherever the pieces are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stderr.length)), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stderr.length];
        const pieces = places.slice(1).map((end, index) => stderr.slice(places[index], end));
        expect(read(pieces)).to.deep.equal(expected);
      }),
    );
  });

  it("counts what 3.6 and 4.0 spell differently, and what is not mentioned as 0", () => {
    const lefts: unknown[] = [];
    const feed = progressReader(({ text: _, ...left }) => lefts.push(left));
    feed("Waiting for model to be removed, 12 machine(s), 3 filesystems(s)...\n");
    feed("Waiting for model to be removed, 12 machine(s), 2 filesystem(s)...\n");
    const others = { machines: 12, applications: 0, errors: 0, volumes: 0 };
    expect(lefts).to.deep.equal([
      { ...others, filesystems: 3 },
      { ...others, filesystems: 2 },
    ]);
  });

  it("says nothing while a line is incomplete, nor about anything else", () => {
    expect(read(["Waiting for model to be removed, 4 machine(s), 3 applic"])).to.deep.equal([]);
    expect(read(["Destroying model\n", "WARNING something\n"])).to.deep.equal([]);
  });
});

describe("Juju client: what keeps a dying model", () => {
  it("is counted by its status message, or not", () => {
    const again = "attempt 2 to destroy model failed (will retry):  model not empty, ";
    expect(whatIsLeft(`${again}found 2 machines, 1 application (model not empty)`)).to.equal(
      "2 machines, 1 application",
    );
    expect(whatIsLeft(`${again}found 1 machine (model not empty)`)).to.equal("1 machine");
    for (const message of ["", "cleaning up cloud resources", "tearing down cloud environment"])
      expect(whatIsLeft(message)).to.equal("");
  });
});

describe("Juju client: removing machines", () => {
  it("removes all of them in one call, without a prompt", async () => {
    await withAnswer(
      recordedJuju("cli-3.6.28/dying.txt", "remove-machine -m openstack --force --no-prompt 0\n"),
      async ({ juju, calls }) => {
        expect(await juju.removeMachines(openstack, ["0", "3"])).to.deep.equal({
          removed: ["0"],
          complaints: [],
        });
        expect(calls()).to.deep.equal([
          `remove-machine -m ${openstack} --force --no-prompt 0 3 controller= model=`,
        ]);
      },
    );
  });

  it("counts a machine that is gone already as removed", async () => {
    const recorded = recordedJuju(
      "cli-3.6.28/dying.txt",
      "remove-machine -m openstack --force --no-prompt 0 9",
    );
    expect(recorded.code).to.equal(1);
    await withAnswer(recorded, async ({ juju }) =>
      expect(await juju.removeMachines(openstack, ["0", "9"])).to.deep.equal({
        removed: ["0", "9"],
        complaints: [],
      }),
    );
    for (const file of ["cli-3.6.28-more.json", "cli-4.0.14-real-server.json"])
      await withAnswer(recordedJuju(file, "remove-machine 9"), async ({ juju }) =>
        expect(await juju.removeMachines(openstack, ["9"])).to.deep.equal({ removed: ["9"], complaints: [] }),
      );
  });

  it("asks again without a machine that is gone, when Juju refused the others because of it", async () => {
    const { stderr } = recordedJuju("cli-4.0.14-real-server.json", "remove-machine 9");
    const script = `case "$*" in *" 9 "*) echo '${stderr.trim()}' >&2; exit 1;; esac; echo "will remove machine 0"`;
    await withScript(script, async ({ juju, calls }) => {
      expect(await juju.removeMachines(openstack, ["9", "0"])).to.deep.equal({
        removed: ["9", "0"],
        complaints: [],
      });
      expect(calls()).to.have.length(2);
    });
  });

  it("passes on what else juju complains about, when it removed some", async () => {
    const stderr = "ERROR removing machine failed: machine 1 is hosting something\n";
    await withAnswer(printing("will remove machine 0\n", stderr, 1), async ({ juju }) =>
      expect(await juju.removeMachines(openstack, ["0", "1"])).to.deep.equal({
        removed: ["0"],
        complaints: ["ERROR removing machine failed: machine 1 is hosting something"],
      }),
    );
  });

  it("reads the words of 2.9, which go to stderr", async () => {
    await withAnswer(
      printing("", "removing machine 0\n- will remove unit ceph-osd/0\nremoving machine 1\n"),
      async ({ juju }) => {
        const { removed } = await juju.removeMachines(openstack, ["0", "1"]);
        expect(removed).to.deep.equal(["0", "1"]);
      },
    );
  });

  it("fails when juju removed nothing", async () => {
    const cases = [
      [recordedJuju("cli-3.6.28/gone-stale-store.txt", "remove-machine"), "not-found"],
      [printing("", "", 1), "failed"],
    ] as const;
    for (const [recorded, kind] of cases) {
      await withAnswer(recorded, async ({ juju }) =>
        expect(jujuErrorKind(await errorOf(juju.removeMachines(openstack, ["3"])))).to.equal(kind),
      );
    }
  });

  it("takes a prompt that nobody answers for a failure, although juju printed what it would remove", async () => {
    const recorded = recordedJuju("cli-3.6.28/dying.txt", "remove-machine -m openstack --force 3");
    expect(recorded.stdout).to.contain("will remove machine 3");
    await withAnswer(recorded, async ({ juju }) => {
      const error = await errorOf(juju.removeMachines(openstack, ["3"]));
      expect(error.message).to.contain("aborted");
    });
  });

  it("calls nothing for nothing, and never takes a container", async () => {
    await withAnswer(printing("will remove machine 0\n"), async ({ juju, calls }) => {
      expect(await juju.removeMachines(openstack, [])).to.deep.equal({ removed: [], complaints: [] });
      for (const id of ["0/lxd/0", "--all", "", "x"]) {
        expect(await errorOf(juju.removeMachines(openstack, ["0", id]))).to.have.property(
          "code",
          "unexpected",
        );
      }
      expect(calls()).to.deep.equal([]);
    });
  });
});
