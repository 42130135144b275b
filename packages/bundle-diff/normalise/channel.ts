const risks: ReadonlySet<string> = new Set(["stable", "candidate", "beta", "edge"]);

/** A channel as track/risk[/branch]: `yoga` is `yoga/stable`, `edge` is `latest/edge`. */
export const normaliseChannel = (channel: string): string => {
  const parts = channel.split("/").filter((part) => part !== "");
  const first = parts[0];
  if (first === undefined) return "latest/stable";
  if (risks.has(first)) return ["latest", ...parts].join("/");
  const second = parts[1];
  if (second === undefined) return `${first}/stable`;
  return risks.has(second) ? parts.join("/") : [first, "stable", ...parts.slice(1)].join("/");
};
