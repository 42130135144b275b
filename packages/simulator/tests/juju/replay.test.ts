import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";
import { asDeployed, type Bundle, exportBundle, readBundle } from "../../juju/bundle.ts";
import { addressOf, type Contents } from "../../juju/state.ts";
import { deploy } from "../../juju/workload.ts";
import { cleanUp, type RecordedLab, type RunResult, recordedLab } from "./recorded-lab.ts";
import {
  parseTranscript,
  type Recording,
  readTranscript,
  sampleNames,
  sampleText,
  transcripts,
} from "./recordings.ts";
import { outputs, type Replay, situationOf } from "./situations.ts";

/** An export leaves out what is zero or undefined. */
const withoutEmpty = (bundle: Bundle): unknown =>
  JSON.parse(
    JSON.stringify(bundle, (key, value) => (key === "num_units" && value === 0 ? undefined : value)),
  );

let replayed = 0;
const leftOut: string[] = [];

/** Values that belong to the recording's machine or moment, not to what juju does. */
const masks: readonly [RegExp, string][] = [
  [/( *)ca-cert: \|\n(\1 +\S.*\n)+/g, "$1ca-cert:\n"],
  [/( *timestamp: |"timestamp":"|unsupported +)\d\d:\d\d:\d\dZ/g, "$1TIME"],
  [/ca-cert: .*\n/g, "ca-cert:\n"],
];
const masked = (text: string, more: readonly (readonly [RegExp, string])[] = []): string =>
  [...masks, ...more].reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);

/** Parsed when it was asked for as YAML or JSON; lines without the spaces at their ends otherwise. */
const comparable = (recording: Recording, text: string, replay: Replay): unknown => {
  const command = recording.argv.join(" ");
  const same = masked(text, replay.masks);
  const { ignored } = replay;
  const keys = ignored?.command.test(command) ? ignored.keys : [];
  const without = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, member) => (keys.includes(key) ? undefined : member)));
  if (/--format[= ]json/.test(command)) return same ? without(JSON.parse(same)) : "";
  if (/--format[= ]yaml|^show-|^export-bundle/.test(command))
    return parseAllDocuments(same).map((document) => without(document.toJS()));
  return same.replace(/ +$/gm, "");
};

const expectSame = (
  recording: Recording,
  result: { code: number | undefined } & Omit<RunResult, "code">,
  replay: Replay = {},
): void => {
  const shown = ({ code, stdout, stderr }: typeof result): unknown => ({
    code,
    stderr: masked(stderr, replay.masks),
    stdout: comparable(recording, stdout, replay),
  });
  expect(shown(result), recording.argv.join(" ")).to.deep.equal(shown(recording));
};

/** A recording that a limit of 40 s cut off: nothing was written until then, and it had not ended. */
const expectSilence = async (recording: Recording, lab: RecordedLab, store: string): Promise<void> => {
  const result = await lab.run(recording.argv, store, { limit: 40_000 });
  expect(result).to.deep.equal({ code: undefined, stdout: recording.stdout, stderr: recording.stderr });
};

const replaySection = async (
  replay: Replay,
  recordings: readonly Recording[],
  file: string,
): Promise<string> => {
  const lab = recordedLab(replay);
  await replay.prepare?.(lab);
  let store = lab.newStore();
  for (const recording of recordings) {
    const command = recording.argv.join(" ");
    const exception = replay.leftOut?.find((entry) => entry.command.test(command));
    if (exception) {
      leftOut.push(`${file}: juju ${command}: ${exception.because}`);
      continue;
    }
    await replay.before?.(recording, lab);
    if (replay.freshStore) store = lab.newStore();
    if (recording.code === 124) await expectSilence(recording, lab, store);
    else expectSame(recording, await lab.run(recording.argv, store), replay);
    replayed += 1;
  }
  return store;
};

/** Files that are replayed elsewhere, or not at all. */
const exceptions: Readonly<Record<string, string>> = {
  "cli-3.6.28/stuck-signals.txt": "replayed below, and with real processes and signals in stand-in.test.ts",
  "cli-3.6.28/export-bundle.txt": "replayed below, from the bundle that the recorded model was deployed from",
};

/** The published bundle as it was deployed when the recording was made: storage, a resource and an offer were added. */
const deployedThere = (bundle: Bundle): Contents => {
  const { "ceph-osd": osd, keystone, ...others } = asDeployed(bundle).applications;
  if (!osd || !keystone) throw new Error("The published bundle has neither ceph-osd nor keystone.");
  const loop = "loop,1024M";
  const loops = ["bluestore-db", "bluestore-wal", "cache-devices", "osd-devices", "osd-journals"];
  const offers = { "keystone-credentials": { endpoints: ["identity-credentials"], acl: { admin: "admin" } } };
  const complete = {
    ...bundle,
    applications: {
      ...others,
      "ceph-osd": { ...osd, storage: Object.fromEntries(loops.map((name) => [name, loop])) },
      keystone: { ...keystone, resources: { "policyd-override": 0 }, offers },
    },
  };
  return { bundle: complete, workload: deploy(complete, ["0", "1", "2"], addressOf) };
};

describe("the recordings of the real juju client", () => {
  afterEach(cleanUp);
  after(() => {
    console.log(`      replayed ${replayed}, left out ${leftOut.length}`);
    for (const reason of leftOut) console.log(`      left out: ${reason}`);
  });

  for (const file of transcripts()) {
    if (exceptions[file]) continue;
    for (const section of readTranscript(file)) {
      const replay = situationOf(file, section.title);
      if (!replay) {
        leftOut.push(`${file} (${section.title}): new; describe its situation in situations.ts`);
        continue;
      }
      it(`${file} is answered in the same way${section.title ? ` (${section.title})` : ""}`, async () => {
        const store = await replaySection(replay, section.recordings, file);
        if (section.store !== undefined) {
          expect(parse(readFileSync(join(store, "models.yaml"), "utf8"))).to.deep.equal(parse(section.store));
          replayed += 1;
        }
      });
    }
  }

  for (const file of sampleNames("jubilant"))
    leftOut.push(`jubilant/${file}: status of other models, captured without the commands that printed them`);

  for (const file of sampleNames("parsed")) {
    const output = outputs[file];
    if (!output) {
      leftOut.push(`parsed/${file}: a new output; name its command in situations.ts`);
      continue;
    }
    it(`parsed/${file} is what the command prints`, async () => {
      const lab = recordedLab(output.replay);
      await output.replay.prepare?.(lab);
      const argv = output.argv.split(" ");
      const recording = { argv, code: 0, stdout: sampleText(`parsed/${file}`), stderr: "" };
      const result = await lab.run(argv, lab.newStore());
      expect(comparable(recording, result.stdout, {})).to.deep.equal(
        comparable(recording, recording.stdout, {}),
      );
      replayed += 1;
    });
  }

  it("cli-3.6.28/export-bundle.txt is exported from a model that was deployed from the published bundle", async () => {
    const file = "cli-3.6.28/export-bundle.txt";
    for (const section of parseTranscript(sampleText(file))) {
      const lab = recordedLab({
        contents: deployedThere(readBundle(sampleText("bundles/openstack-base-jammy-yoga.yaml"))),
      });
      for (const recording of section.recordings) {
        expectSame(recording, await lab.run(recording.argv, lab.newStore()));
        replayed += 1;
      }
    }
  });

  it("cli-3.6.28/stuck-signals.txt: in nine seconds it polled as often as the recorded client", async () => {
    const course = [
      { at: 0, errors: 1 },
      { at: "20ms", machines: 2, applications: 0 },
      { at: "50ms", machines: 0 },
    ];
    const lab = recordedLab({ model: { stuck: "forever", course } });
    const argv = "destroy-model openstack --force --no-wait --destroy-storage --no-prompt".split(" ");
    const { code, stderr } = await lab.run(argv, lab.newStore(), { limit: 9000 });
    const [, recorded = ""] = sampleText("cli-3.6.28/stuck-signals.txt").split("--stderr\n");
    expect({ code, stderr }).to.deep.equal({
      code: undefined,
      stderr: recorded.split("\n\ndestroy model is")[0],
    });
    replayed += 1;
  });

  for (const file of sampleNames("bundles")) {
    if (/overlay/.test(file)) {
      leftOut.push(`bundles/${file}: an overlay, which cannot be deployed by itself`);
      continue;
    }
    it(`bundles/${file} can be deployed, and its export is the same bundle again`, () => {
      const bundle = asDeployed(readBundle(sampleText(`bundles/${file}`)));
      const machines = { "0": "arch=amd64", "1": "arch=amd64", "2": "arch=amd64" };
      const again = readBundle(exportBundle(bundle, machines, false));
      expect(Object.keys(again.applications).length).to.be.greaterThan(20);
      expect(withoutEmpty(again)).to.deep.equal(withoutEmpty(bundle));
      replayed += 1;
    });
  }
});
