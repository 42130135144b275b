import { TeardownError } from "../../errors.ts";

const badUrl = (given: string, why: string): TeardownError =>
  new TeardownError(
    "config",
    `The MAAS URL ${JSON.stringify(given)} cannot be used: ${why}.\nExpected something like http://maas.example:5240/MAAS`,
  );

/**
 * Brings what people write as "the MAAS URL" into one form: `http(s)://host:port/MAAS`, without a slash at the end.
 * Takes the base, the API root (`…/MAAS/api/2.0/`), an address out of the web interface (`…/MAAS/r/machines`), and a bare
 * `http://host:5240`.
 * @throws TeardownError `config`; a password inside of the URL is refused and not repeated
 */
export const normalizeMaasUrl = (given: string): string => {
  const text = given.trim();
  if (!URL.canParse(text)) throw badUrl(given.replace(/\/\/[^/]*@/, "//…@"), "it is not a URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw badUrl(`${url.protocol}//…@${url.host}${url.pathname}`, "it holds a user name or a password");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw badUrl(given, "it is neither http nor https");
  const path = url.pathname
    .replace(/\/+$/, "")
    .replace(/\/api(\/[\d.]+)?$/, "")
    .replace(/^(.*\/MAAS)\/(r|l)(\/.*)?$/, "$1");
  return `${url.protocol}//${url.host}${path === "" ? "/MAAS" : path}`;
};
