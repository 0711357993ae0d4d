/** Compares an answer with its description in openapi.json: status, type, body and headers. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { Ajv2020 } from "ajv/dist/2020.js";

interface Described {
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, { readonly schema: { readonly type?: string } }>>;
}

interface Header {
  readonly schema: { readonly type?: string };
}

interface Referring {
  readonly $ref?: string;
}

interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, Described>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const DOCUMENT = JSON.parse(readFileSync("openapi/openapi.json", "utf8"));
export const OPENAPI: OpenApi = DOCUMENT;

/** Every operation of the document. */
export const EACH = Object.entries(OPENAPI.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(DOCUMENT, "openapi");

/** The part of the document at a pointer, with references followed, and the pointer to it. */
function told<Part>(pointer: string): readonly [at: string, part: Part | undefined] {
  const part = pointer
    .split("/")
    .slice(1)
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[unescaped(name)],
      DOCUMENT,
    );
  const { $ref } = (part ?? {}) as Referring; // a part of OpenAPI is itself or a reference
  return $ref === undefined ? [pointer, part as Part | undefined] : told($ref.slice(1));
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asked {
  readonly method: string;
  /** with its query */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** an object is sent as JSON */
  readonly body?: object | string | Uint8Array;
}

export function ask(url: string, { method, path, headers = {}, body }: Asked): Promise<Answer> {
  const is_json = body !== undefined && !(body instanceof Uint8Array);
  const text = typeof body === "object" && is_json ? JSON.stringify(body) : body;
  const outgoing = request(url + path, {
    method,
    headers: { ...(is_json && { "content-type": "application/json" }), ...headers },
  });
  return new Promise((resolve, reject) => {
    outgoing.on("error", reject).on("response", async (response) => {
      const { statusCode = 0, headers: answered } = response;
      resolve({ status: statusCode, headers: answered, body: await buffer(response) });
    });
    outgoing.end(text);
  });
}

/** Requests another protocol, and ends the connection as soon as that protocol begins. */
export async function upgraded(url: string, method: string, protocol: string): Promise<Answer> {
  const headers = {
    upgrade: protocol,
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const outgoing = request(url, { method, headers }).end();
  const [{ statusCode, headers: answered }, socket] = await once(outgoing, "upgrade");
  socket.destroy();
  return { status: statusCode, headers: answered, body: Buffer.alloc(0) };
}

/** Headers that HTTP and the Fetch standard define, so that our document need not describe them. */
const OF_HTTP =
  /^(?:connection|content-(?:type|length)|date|keep-alive|sec-websocket-accept|transfer-encoding|vary|x-content-type-options|access-control-.*)$/;

/** Documented headers that are sent only when the request requires them. */
const WHERE_ASKED_FOR = new Set(["traceresponse", "content-encoding", "inference-header-content-length"]);

/** The differences between an answer and the document; none when they agree. `route` is the path as in the document. */
export function complaints(route: string, method: string, { status, headers, body }: Answer): string[] {
  const place = `/paths/${escaped(route)}/${method.toLowerCase()}/responses/${status}`;
  const [at, described] = told<Described>(place);
  if (described === undefined) return [`no ${status} is told of: ${body.toString("utf8", 0, 200)}`];
  return [...headerComplaints(at, described, headers), ...bodyComplaints(at, described, headers, body)];
}

function headerComplaints(at: string, described: Described, headers: IncomingHttpHeaders): string[] {
  const known = described.headers ?? {};
  const names = Object.keys(headers).filter((name) => !OF_HTTP.test(name));
  const untold = names.filter((name) => !(name in known)).map((name) => `header ${name} is not told of`);
  const absent = Object.keys(known)
    .filter((name) => !(name in headers) && !WHERE_ASKED_FOR.has(name))
    .map((name) => `header ${name} is told of and absent`);
  const wrong = names
    .filter((name) => name in known)
    .flatMap((name) => {
      const text = String(headers[name]);
      const [place, header] = told<Header>(`${at}/headers/${name}`);
      const is_number = header?.schema.type === "integer";
      return invalid(`${place}/schema`, is_number ? Number(text) : text);
    });
  return [...untold, ...absent, ...wrong];
}

function bodyComplaints(
  at: string,
  { content }: Described,
  headers: IncomingHttpHeaders,
  body: Buffer,
): string[] {
  const type = headers["content-type"]?.split(";", 1)[0] ?? "";
  if (content === undefined) return body.length > 0 ? ["a body is not told of"] : [];
  const of_type = content[type];
  if (of_type === undefined) return [`type ${type} is not told of`];
  if (!/json/.test(type)) return of_type.schema.type === "string" ? [] : [`${type} should be a string`];
  const texts = type === "application/x-ndjson" ? body.toString().trim().split("\n") : [body.toString()];
  const pointer = `${at}/content/${escaped(type)}/schema`;
  return texts.flatMap((text) => invalid(pointer, JSON.parse(text)));
}

/** The errors in a JSON body according to the document; none for a route whose body it does not describe. */
export function bodyRefusals(route: string, body: object): string[] {
  const content = OPENAPI.paths[route]?.["post"]?.requestBody?.content ?? {};
  if (!("application/json" in content)) return [];
  return invalid(`/paths/${escaped(route)}/post/requestBody/content/application~1json/schema`, body);
}

/** Checks the JSON in front of a tensor with the schema for JSON bodies. */
export function headComplaints(route: string, { headers, body, ...rest }: Answer): string[] {
  const head = body.subarray(0, Number(headers["inference-header-content-length"]));
  const json = { ...headers, "content-type": "application/json" };
  return complaints(route, "POST", { ...rest, headers: json, body: head });
}

function invalid(pointer: string, value: unknown): string[] {
  const check = ajv.getSchema(`openapi#${pointer}`);
  if (check === undefined) return [`there is no schema at ${pointer}`];
  if (check(value) === true) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
  );
}

function unescaped(name: string): string {
  return decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** RFC 6901 within a URI fragment. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
