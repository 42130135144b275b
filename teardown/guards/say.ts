import { type Permission, type Permissions, permit } from "../config/permissions.ts";
import { quoted } from "../text/quoted.ts";
import { aligned, indent } from "../text/table.ts";
import type { Finding, Severity } from "./finding.ts";

/** What of the settings the words need: what is permitted already, and the MAAS profile to type. */
export type Given = Partial<Permissions> & { maasProfile?: string };

type Words = {
  guard: string;
  subject: string;
  found: string;
  expected?: string;
  next?: string;
  /** What would let it pass. */
  permission?: { key: Permission; name: string; hint: string };
};

/** How a setting is changed for one destroy. */
export const destroyWith = (key: string, value: string): string => `pulumi destroy -c ${key}=${value}`;

const planAnew = "npx openstack-lab plan --out plan.json   # have it approved, then:";

/** How a machine leaves a stack without being released. */
export const takeOut = (hostname: string): string =>
  `to release it too:   put ${hostname} back on the list \`machines\`, then: pulumi up && pulumi destroy
to keep it as it is: take it off that list, then: pulumi up   # forgets it; then: pulumi destroy`;

const owned = (owner: string): string => (owner ? `owned by ${owner}` : "without an owner");
const anew = "pulumi up   # records today's lab; then: pulumi preview";
const offTheList = "take it off the list `machines`, then: pulumi up";
// Released versions with the defect of juju/juju#22691, and those that mend it.
export const vmDeletionFixedIn: Readonly<Record<string, string>> = { "3.6.24": "3.6.25", "4.0.12": "4.0.13" };

const failure = (said: string): Pick<Words, "found" | "next"> => {
  const [found = "", ...more] = said.split("\n");
  const next = more.join("\n").trim();
  return { found, ...(next && { next }) };
};

/** A finding in the operator's words. */
export const wordsOf = (finding: Finding, given: Given): Words => {
  const profile = given.maasProfile ? quoted(given.maasProfile) : "<profile>";
  const about = "systemId" in finding ? `${finding.hostname} ${finding.systemId}` : "";
  const machine = { guard: "machine", subject: about };
  const ofModel = {
    guard: "model",
    subject: "uuid" in finding && "name" in finding ? `${finding.name} ${finding.uuid}` : "",
  };
  switch (finding.code) {
    case "host":
      return { guard: "host", subject: finding.host, found: "the host of this lab" };
    case "other-host":
      return {
        guard: "host",
        subject: finding.host,
        found: "is not the host from which this lab is torn down",
        expected: finding.expected,
        next: `log in to ${finding.expected}; if this is the right host: pulumi config set host ${quoted(finding.host)}`,
      };
    case "user":
      return { guard: "user", subject: finding.user, found: "the user of this lab" };
    case "other-user":
      return {
        guard: "user",
        subject: finding.user,
        found: "is not the user who tears this lab down",
        expected: finding.expected,
        next: `log in as ${finding.expected}; if this is the right user: pulumi config set user ${quoted(finding.user)}`,
      };
    case "backup-root":
      return { guard: "backup root", subject: finding.root, found: "writable" };
    case "backup-root-not-writable":
      return {
        guard: "backup root",
        subject: finding.root,
        found: `cannot be written to: ${finding.problem}`,
        expected: "a folder for the captured files",
        next: `fix ${finding.existing}, or: ${destroyWith("backupRoot", "<folder>")}`,
      };
    case "list":
      return {
        guard: "list",
        subject: `${finding.machines} machines`,
        found: "the same in the stack and on the list",
      };
    case "off-list":
      return {
        guard: "list",
        subject: finding.hostname,
        found: "is in the stack but no longer on the list `machines`; it is not touched",
        expected: "the same machines in the stack and on the list",
        next: takeOut(finding.hostname),
      };
    case "not-adopted":
      return {
        guard: "list",
        subject: finding.hostname,
        found: "is on the list `machines` but was never adopted",
        expected: "the same machines in the stack and on the list",
        next: "pulumi up   # adopts it; then: pulumi preview",
      };
    case "juju":
      return {
        guard: "juju",
        subject: finding.controller || "controller",
        found: `answers, as ${finding.user ?? "an unnamed user"}`,
      };
    case "juju-failed":
      return {
        guard: "juju",
        subject: finding.controller || "controller",
        expected: "a list of its models",
        ...failure(finding.said),
        ...(finding.lost && {
          permission: {
            key: "controllerLost" as const,
            name: finding.lost,
            hint: "only if it is lost for ever",
          },
        }),
      };
    case "controller-lost":
      return {
        guard: "juju",
        subject: `${finding.controller} ${finding.uuid}`,
        found: "cannot be reached, and is lost for ever, as `controllerLost` says: its model counts as gone",
      };
    case "other-controller":
      return {
        guard: "controller",
        subject: `${finding.controller} ${finding.found}`,
        found: "is another controller than the one recorded at `up`, or the model was migrated to it",
        expected: finding.expected,
        next: "check JUJU_DATA and `juju controllers`; if this controller is right: pulumi up   # then: pulumi preview",
      };
    case "setting-changed":
      return {
        guard: "model",
        subject: `${finding.key}: ${finding.value}`,
        found: "is not what was recorded at `up`",
        expected: finding.recorded,
        next: `pulumi config set ${finding.key} ${quoted(finding.recorded)}   # or, if ${finding.value} is right: pulumi up, then: pulumi preview`,
      };
    case "model":
      return {
        ...ofModel,
        found:
          finding.life === "alive"
            ? "the recorded model, alive"
            : `the recorded model, ${finding.life} already`,
      };
    case "model-gone":
      return { ...ofModel, found: "is gone already" };
    case "model-gone-at-up":
      return { guard: "model", subject: finding.name, found: "was gone already at `up`" };
    case "model-is-controllers":
      return {
        ...ofModel,
        found: "is the controller's own model; it is never destroyed",
        expected: "the model of the lab",
        next: "correct `jujuModel`, then: pulumi up",
      };
    case "model-suspended":
      return {
        ...ofModel,
        found: `is suspended (${finding.said || "its cloud credential is not valid"}) and would never go away`,
        expected: "a valid cloud credential",
        next: finding.credential
          ? `juju update-credential ${quoted(finding.cloud)} ${quoted(finding.credential.split("/").at(-1) ?? "")} --controller ${quoted(finding.controller)}   # then: pulumi destroy`
          : `juju credentials --controller ${quoted(finding.controller)}   # find it, then: juju update-credential ${quoted(finding.cloud)} <credential> --controller ${quoted(finding.controller)}`,
      };
    case "model-migrating":
      return {
        ...ofModel,
        found: `is being migrated to another controller: ${finding.said}`,
        expected: "a model that stays where it was recorded",
        next: "wait until the migration has ended, then: pulumi up   # then: pulumi preview",
      };
    case "model-renamed":
      return {
        ...ofModel,
        found: "has another name than the one recorded at `up`",
        expected: finding.expected,
        next: "check which model this is, then: pulumi up",
      };
    case "model-rebuilt":
      return {
        ...ofModel,
        found: "is another model than the one recorded at `up`: the lab was rebuilt since",
        expected: finding.expected,
        next: anew,
      };
    case "model-unclear":
      return {
        guard: "model",
        subject: finding.name,
        found: `cannot be seen for sure: ${finding.why}`,
        expected: "a complete list of models",
        next: `juju models -c ${quoted(finding.controller)}   # when it answers cleanly: pulumi destroy`,
      };
    case "model-ambiguous":
      return {
        guard: "model",
        subject: finding.name,
        found: `is ambiguous: ${finding.found.join(", ")}`,
        next: "pulumi config set jujuModel <owner>/<model>",
      };
    case "model-not-found":
      return {
        guard: "model",
        subject: finding.name,
        found: finding.unexplained.length
          ? `cannot be seen: ${finding.unexplained.join("; ")}`
          : `is not on the controller ${finding.controller}`,
        next: `look: juju models -c ${quoted(finding.controller)}; if its model is gone and what is left of the lab is to be adopted: pulumi config set adoptPartial gone && pulumi up`,
      };
    case "no-admin-access":
      return {
        ...ofModel,
        found: `${finding.user} has ${finding.access} access to it, and only an administrator may destroy it`,
        expected: "admin access",
        next: `ask an administrator of the controller to type: juju grant ${quoted(finding.user)} admin ${quoted(finding.name)}`,
      };
    case "command-disabled":
      return {
        ...ofModel,
        found: `destroy-model is disabled (juju disable-command ${finding.set})${finding.said ? `: ${finding.said}` : ""}`,
        expected: "no disabled commands",
        next: `ask who disabled it; then: juju enable-command ${quoted(finding.set)} -m ${quoted(finding.uuid)}`,
      };
    case "gone-not-provable":
      return {
        ...ofModel,
        found: `its end can never be proved to ${finding.user}, who sees neither all models nor the controller's own`,
        expected: "a user who sees all models",
        next: `juju login as a superuser, or ask for: juju grant ${quoted(finding.user)} superuser`,
        permission: {
          key: "acceptUnproven",
          name: finding.uuid,
          hint: "to believe it once this run has seen it dying",
        },
      };
    case "machines-not-listed":
      return {
        ...ofModel,
        found: `its machines could not be listed: ${finding.said.split("\n")[0]}`,
        expected: "a list of its machines",
        next: `juju machines -m ${quoted(finding.uuid)}   # when it answers: pulumi destroy`,
      };
    case "maas":
      return {
        guard: "maas",
        subject: finding.url,
        found: `answers, as ${finding.username}${finding.isAdmin ? " (administrator)" : ""}`,
      };
    case "maas-failed":
      return { guard: "maas", subject: finding.url, expected: "MAAS answers", ...failure(finding.said) };
    case "maas-simulated":
      return {
        guard: "maas",
        subject: finding.url,
        found: "is a simulated MAAS, and this stack is not a simulated lab",
        expected: "the real MAAS",
        next: "point maasProfile or maasApiUrl at the real MAAS; only a stack for play says `simulated: true`",
      };
    case "maas-real":
      return {
        guard: "maas",
        subject: finding.url,
        found: "is a real MAAS, and this stack says `simulated: true`",
        expected: "a simulated MAAS",
        next: "start the simulated lab (make lab), or take `simulated` out of the stack's configuration",
      };
    case "other-maas":
      return {
        guard: "maas",
        subject: finding.url,
        found: "is another MAAS than the one recorded at `up`",
        expected: finding.expected,
        next: "correct maasProfile or maasApiUrl, or record this MAAS: pulumi up",
      };
    case "key-sees-own-only":
      return {
        guard: "maas",
        subject: finding.url,
        found: `${finding.username} is no administrator: machines of other users are not visible to this API key`,
        next: `to see all: maas login ${profile} ${quoted(finding.url)} <key of an administrator>`,
      };
    case "machine":
      return {
        ...machine,
        found: ["Ready", "Releasing", "Disk erasing"].includes(finding.status)
          ? `${finding.status} already`
          : `${finding.status}, ${owned(finding.owner)}, unlocked`,
      };
    case "machine-renamed":
      return {
        ...machine,
        found: `is called ${finding.now} now`,
        expected: `the hostname recorded at \`up\`: ${finding.hostname}`,
        next: "check which machine this is; put today's name on the list `machines`, then: pulumi up",
      };
    case "machine-is-this-host":
      return {
        ...machine,
        found: "is the host that this runs on",
        expected: "a machine of the lab",
        next: offTheList,
      };
    case "machine-locked":
      return {
        ...machine,
        found: "is locked",
        expected: "an unlocked machine",
        next: `maas ${profile} machine unlock ${quoted(finding.systemId)}   # then: pulumi destroy`,
      };
    case "machine-is-controllers":
      return {
        ...machine,
        found: "is a Juju controller's machine",
        expected: "a machine of the lab",
        next: offTheList,
      };
    case "machine-of-other-model":
      return {
        ...machine,
        found: finding.unproven
          ? `belongs to the Juju model ${finding.its}, which may be alive: this user does not see all models of its controller`
          : `belongs to another Juju model now: ${finding.its}`,
        expected: finding.expected ? `model ${finding.expected}` : "no model, or one that is gone",
        next: "find out who uses it; take it off the list `machines`, then: pulumi up",
        ...(finding.unproven && {
          permission: { key: "releaseUnclaimed", name: finding.systemId, hint: "if that model is gone" },
        }),
      };
    case "machine-of-other-controller":
      return {
        ...machine,
        found: `belongs to another Juju controller: ${finding.its}`,
        expected: `controller ${finding.expected}`,
        next: "find out who uses it; if the model was migrated: pulumi up",
      };
    case "machine-other-owner":
      return {
        ...machine,
        found: finding.owner ? `is owned by ${finding.owner} now` : "has no owner now",
        expected: finding.expected
          ? `owner ${finding.expected}, as recorded at \`up\``
          : "no owner, as recorded at `up`",
        next: "find out who uses it; when it is still the lab's: pulumi up",
      };
    case "machine-hosts-vms":
      return {
        ...machine,
        found: `hosts virtual machines (VM host ${finding.vmHost})`,
        expected: "a machine that hosts none",
        next: `remove the VM host ${finding.vmHost} in MAAS first, then: pulumi destroy`,
      };
    case "machine-not-releasable":
      return {
        ...machine,
        found: `is ${finding.status}, and MAAS does not release from there`,
        expected: "a machine that can be released or is Ready",
        next: `bring it to Ready in MAAS (machine ${finding.systemId}), then: pulumi destroy`,
      };
    case "machine-unclaimed":
      return {
        ...machine,
        found:
          "is not known to be the model's: no owner_data, and neither MAAS nor Juju lists it under the model",
        expected: "a machine of the model",
        permission: { key: "releaseUnclaimed", name: finding.systemId, hint: "if it is the lab's" },
      };
    case "machine-deleted":
      return finding.verdict === "refused"
        ? {
            ...machine,
            found: "is no longer in MAAS",
            expected: "the machine recorded at `up`",
            permission: {
              key: "acceptDeleted",
              name: finding.systemId,
              hint: "to accept that it was deleted",
            },
          }
        : { ...machine, found: "deleted from MAAS, accepted" };
    case "machine-replaced":
      return {
        ...machine,
        found: `is another machine now: ${finding.now}; the lab was rebuilt since \`up\``,
        expected: `system_id ${finding.systemId}`,
        next: anew,
      };
    case "machine-invisible":
      return {
        ...machine,
        found: "is not visible to this MAAS API key: it is there, or was deleted",
        expected: "the machine recorded at `up`",
        next: `use a key that sees all machines (maas login ${profile} <url> <key of an administrator>), then: pulumi destroy`,
      };
    case "machine-taken":
      return {
        ...machine,
        found: `was released in this run; ${finding.status || "not visible"} now, ${owned(finding.owner)}: somebody else's`,
      };
    case "machine-not-found":
      return {
        guard: "machine",
        subject: finding.hostname,
        found: `is not in MAAS (or not visible to this API key)${finding.similar ? `; did you mean ${finding.similar}?` : ""}`,
        next: `look: maas ${profile} machines read hostname=${quoted(finding.hostname)}; if it is no longer the lab's, take it off the list \`machines\``,
      };
    case "unlisted": {
      const subject = `${finding.hostname} ${finding.id}`.trim();
      return finding.verdict === "refused"
        ? {
            guard: "unlisted",
            subject,
            found: "belongs to the model, and Juju would destroy it although it is not listed",
            expected: "only listed machines in the model",
            next: "move them out of the model, or allow it:",
            permission: { key: "alsoDestroyed", name: finding.id, hint: "" },
          }
        : {
            guard: "unlisted",
            subject,
            found: "belongs to the model and will be destroyed with it, as allowed by `alsoDestroyed`",
          };
    }
    case "vm-deletion": {
      const found = `would delete ${finding.machines.join(", ")} from MAAS instead of releasing (juju/juju#22691)`;
      const subject = finding.version;
      return finding.verdict === "refused"
        ? {
            guard: "juju version",
            subject,
            found,
            expected: "3.6.25 or 4.0.13 and later, or 3.6.23 or 4.0.11 and earlier",
            next: `upgrade to ${vmDeletionFixedIn[finding.version]} (juju upgrade-controller, juju upgrade-model), or accept it:`,
            permission: { key: "acceptVmDeletion", name: finding.uuid, hint: "" },
          }
        : { guard: "juju version", subject, found: `${found}; accepted by \`acceptVmDeletion\`` };
    }
    case "no-vm-deletion":
      return {
        guard: "juju version",
        subject: finding.version,
        found: "would delete virtual machines from MAAS; the model has none",
      };
    case "approved":
      return { guard: "approval", subject: finding.digest.slice(0, 12), found: "is what was approved" };
    case "not-approved":
      return {
        guard: "approval",
        subject: finding.digest.slice(0, 12),
        found: "is not approved, and `requireApproval` is set",
        expected: "the digest of an approved plan",
        next: `${planAnew}\n${destroyWith("approved", finding.digest)}`,
      };
    case "other-approved":
      return {
        guard: "approval",
        subject: finding.approved.slice(0, 12),
        found: "was approved, and is not what would be destroyed now",
        expected: finding.digest,
        next: [...finding.compared, planAnew, destroyWith("approved", finding.digest)].join("\n"),
      };
    case "no-snapshot-command":
      return {
        guard: "snapshot",
        subject: "requireSnapshot",
        found: "is set, and there is no `snapshotCommand` to make one",
        expected: "a command that makes a snapshot",
        next: "pulumi config set --path 'snapshotCommand[0]' <program>   # an example: examples/snapshots/lxd.sh",
      };
    case "stack-protected":
      return {
        guard: "pulumi",
        subject: `stack ${finding.stack}`,
        found: `${finding.resources} of its resources are protected`,
        expected: "no protected resource",
        next: `pulumi state unprotect --all -y --stack ${quoted(finding.stack)}   # the next pulumi up protects them again`,
      };
    case "other-records":
      return {
        guard: "pulumi",
        subject: `stack ${finding.stack}`,
        found: `its state has other records of the lab in ${finding.resources.join(", ")}: it was edited, imported, or left by an \`up\` that failed or by the first version`,
        expected: "one record",
        next: "pulumi up   # records the lab anew; then: pulumi preview",
      };
    case "stack-not-opened":
      return {
        guard: "pulumi",
        subject: `stack ${finding.stack}`,
        found: finding.said,
        expected: "the stack's passphrase in the environment",
        next: "export PULUMI_CONFIG_PASSPHRASE=... (or PULUMI_CONFIG_PASSPHRASE_FILE=...)",
      };
    case "words": {
      const { guard, subject, found, expected, next } = finding;
      return { guard, subject, found, ...(expected && { expected }), ...(next && { next }) };
    }
  }
};

/** A finding in words, with the whole command that would permit it and those like it. */
export type SaidFinding = Omit<Words, "permission"> & { verdict: Severity };

/** Findings in words. A permission that several of them need is one command, and keeps what is permitted already. */
export const sayFindings = (findings: Finding[], given: Given): SaidFinding[] => {
  const all = findings.map((finding) => ({ ...wordsOf(finding, given), verdict: finding.verdict }));
  const namesOf = (key: Permission): string[] =>
    all.flatMap(({ permission }) => (permission?.key === key ? [permission.name] : []));
  return all.map(({ permission, next, ...words }) => {
    const command = permission && permit(given, permission.key, namesOf(permission.key));
    const lines = [
      ...(next ? [next] : []),
      ...(command ? [`${command}${permission.hint && `   # ${permission.hint}`}`] : []),
    ];
    return { ...words, ...(lines.length > 0 && { next: lines.join("\n") }) };
  });
};

const mark: Record<Severity, string> = { ok: "ok", note: "note", refused: "REFUSED" };

/** A line a finding, and once below those that say the same what was expected and what to type. */
export const saidTable = (said: SaidFinding[]): string => {
  const lines = aligned(
    said.map(({ verdict, guard, subject, found }) => [mark[verdict], guard, subject, found]),
  );
  const advice = said.map(({ expected, next }) => [
    ...(expected ? [indent(`expected: ${expected}`, 10)] : []),
    ...(next ? [indent(`next:     ${next.replaceAll("\n", "\n          ")}`, 10)] : []),
  ]);
  return advice
    .flatMap((own, at) => [lines[at] ?? "", ...(advice[at + 1]?.join("\n") === own.join("\n") ? [] : own)])
    .join("\n");
};

/** Findings for the operator. */
export const findingsTable = (findings: Finding[], given: Given): string =>
  saidTable(sayFindings(findings, given));

/** The refusals, as the message of an error: what was found, what is untouched, what to do. */
export const refusalMessage = (findings: Finding[], untouched: string, given: Given): string => {
  const refusals = findings.filter(({ verdict }) => verdict === "refused");
  const passed = findings.length - refusals.length;
  return [
    `${refusals.length === 1 ? "a guard refuses" : `${refusals.length} guards refuse`} (${passed} passed); ${untouched}`,
    findingsTable(refusals, given),
  ].join("\n");
};
