/** One HTTP request to the region, body read. `url` is path and query as sent. */
export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
};

/** A request's parameters: those of the query, those of the body, and which kind of body it was. */
export type Parameters = {
  readonly path: string;
  readonly search: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly json: boolean;
};

/** Fields of a multipart/form-data body; files count as their text. Source: RFC 7578. */
const multipartFields = (body: Buffer, contentType: string): URLSearchParams => {
  const fields = new URLSearchParams();
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary) return fields;
  for (const part of body.toString("utf8").split(`--${boundary}`)) {
    const [head = "", ...rest] = part.replace(/^\r?\n/, "").split(/\r?\n\r?\n/);
    const name = /name="([^"]*)"/i.exec(head)?.[1];
    if (name === undefined) continue;
    const value = rest.join("\r\n\r\n").replace(/\r?\n$/, "");
    const base64 = /content-transfer-encoding:\s*base64/i.test(head);
    fields.append(name, base64 ? Buffer.from(value, "base64").toString("utf8") : value);
  }
  return fields;
};

const jsonFields = (body: Buffer): URLSearchParams => {
  const fields = new URLSearchParams();
  const parsed: unknown = JSON.parse(body.toString("utf8") || "{}");
  if (parsed === null || typeof parsed !== "object") return fields;
  for (const [name, value] of Object.entries(parsed))
    for (const one of Array.isArray(value) ? value : [value]) {
      // Python's str() of a boolean: what MAAS's forms make of JSON.
      const text = one === true ? "True" : one === false ? "False" : String(one);
      fields.append(name, text);
    }
  return fields;
};

/**
 * The parameters of a request: form, multipart (as the `maas` CLI sends) or JSON bodies.
 *
 * @throws SyntaxError for a JSON body that is none.
 */
export const parametersOf = ({ url, headers, body }: HttpRequest): Parameters => {
  const cut = url.indexOf("?");
  const path = cut < 0 ? url : url.slice(0, cut);
  const search = cut < 0 ? "" : url.slice(cut + 1);
  const type = headers["content-type"] ?? "";
  const json = /^application\/json/i.test(type);
  const form = json
    ? jsonFields(body)
    : /^multipart\/form-data/i.test(type)
      ? multipartFields(body, type)
      : new URLSearchParams(body.toString("utf8"));
  return { path: decodeURIComponent(path), search, query: new URLSearchParams(search), form, json };
};
