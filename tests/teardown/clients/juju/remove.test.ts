import { expect } from "chai";
import { jujuErrorKind } from "../../../../teardown/clients/juju.ts";
import { openstack, printing, withAnswer } from "../support/juju.ts";
import { errorOf } from "../support/maas.ts";
import { recordedJuju } from "../support/recordings.ts";

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

  it("does not mind a machine that is gone already", async () => {
    const recorded = recordedJuju(
      "cli-3.6.28/dying.txt",
      "remove-machine -m openstack --force --no-prompt 0 9",
    );
    expect(recorded.code).to.equal(1);
    await withAnswer(recorded, async ({ juju }) =>
      expect(await juju.removeMachines(openstack, ["0", "9"])).to.deep.equal({
        removed: ["0"],
        complaints: [],
      }),
    );
    await withAnswer(
      printing("", "ERROR removing machine failed: machine 9 not found\n", 1),
      async ({ juju }) =>
        expect(await juju.removeMachines(openstack, ["9"])).to.deep.equal({ removed: [], complaints: [] }),
    );
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
