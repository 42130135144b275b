import type { Content } from "../change.ts";
import { value } from "../change.ts";
import type { Mask } from "../mask.ts";
import type { Application, Machine, Resource } from "../model.ts";
import { storageText } from "../normalise/storage.ts";

export const resourceText = (resource: Resource): string =>
  "revision" in resource ? `revision ${resource.revision}` : resource.source;

const listed = (label: string, map: ReadonlyMap<string, string>, mask: Mask): Content[] =>
  [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => ({ label, name, value: mask.text(text) }));

const texts = <Value>(map: ReadonlyMap<string, Value>, text: (value: Value) => string): Map<string, string> =>
  new Map([...map].map(([name, entry]) => [name, text(entry)]));

/** What an application that is only in one bundle consists of. */
export const applicationContents = (application: Application, mask: Mask): readonly Content[] => {
  const { charm, channel, revision, base, units, to, trust } = application;
  const single: ReadonlyArray<readonly [string, string | undefined]> = [
    ["charm", charm],
    ["channel", channel],
    ["revision", revision?.toString()],
    ["base", base],
    ["units", String(units)],
    ["placement", to.length > 0 ? to.join(", ") : undefined],
    ["trust", trust ? "true" : undefined],
  ];
  return [
    ...single.flatMap(([label, text]) =>
      text === undefined ? [] : [{ label, name: "", value: mask.text(text) }],
    ),
    ...[...application.options]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, option]) => ({ label: "option", name, value: mask.option(name, option) })),
    ...listed("constraint", application.constraints, mask),
    ...listed("binding", application.bindings, mask),
    ...listed("storage", texts(application.storage, storageText), mask),
    ...listed("device", application.devices, mask),
    ...listed("resource", texts(application.resources, resourceText), mask),
    ...listed("offer", application.offers, mask),
    ...listed("exposed-endpoint", application.exposedEndpoints, mask),
  ];
};

export const machineContents = (machine: Machine, mask: Mask): readonly Content[] => [
  ...(machine.base === undefined ? [] : [{ label: "base", name: "", value: value(machine.base) }]),
  ...listed("constraint", machine.constraints, mask),
];
