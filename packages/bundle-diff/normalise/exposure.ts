type RawExposure = {
  readonly "expose-to-spaces"?: readonly string[] | null | undefined;
  readonly "expose-to-cidrs"?: readonly string[] | null | undefined;
} | null;

type RawOffer = {
  readonly endpoints?: readonly string[] | null | undefined;
  readonly acl: ReadonlyMap<string, string>;
};

/** Where `expose: true` and an exposure without limits reach: everywhere. */
const everywhere = ["0.0.0.0/0", "::/0"];

const sorted = (list: readonly string[]): string => [...new Set(list)].sort().join(", ");

/**
 * The exposed endpoints and to whom, `""` for all endpoints. `expose: true` and a first document with
 * `exposed-endpoints` in the overlay are two spellings; the detailed one counts.
 */
export const normaliseExposure = (
  expose: boolean,
  endpoints: ReadonlyMap<string, RawExposure>,
): ReadonlyMap<string, string> => {
  if (endpoints.size === 0) return new Map(expose ? [["", sorted(everywhere)]] : []);
  return new Map(
    [...endpoints].map(([endpoint, exposure]) => {
      const spaces = (exposure?.["expose-to-spaces"] ?? []).map((space) => `space ${space}`);
      const reach = [...spaces, ...(exposure?.["expose-to-cidrs"] ?? [])];
      return [endpoint, sorted(reach.length === 0 ? everywhere : reach)];
    }),
  );
};

/** Offers with their endpoints and rights; that `admin` has `admin` rights is so for every offer. */
export const normaliseOffers = (offers: ReadonlyMap<string, RawOffer>): ReadonlyMap<string, string> =>
  new Map(
    [...offers].map(([name, { endpoints, acl }]) => {
      const rights = [...acl].filter(([user, access]) => user !== "admin" || access !== "admin");
      const granted = sorted(rights.map(([user, access]) => `${user}=${access}`));
      return [
        name,
        [`endpoints ${sorted(endpoints ?? [])}`, granted && `acl ${granted}`].filter(Boolean).join("; "),
      ];
    }),
  );
