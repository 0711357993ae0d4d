/** Chooses the reader of a body by its headers. Throws a Problem for a type that no reader takes. */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { Problem, shorten } from "../../errors.ts";
import { LIST_OPTIONS } from "../../schemas/options.ts";
import { openBatchJson, openBatchTensor } from "../../wire/batch-body.ts";
import { parseQuery } from "../../wire/query.ts";
import { openBareTensor, openStepJson, openStepTensor } from "../../wire/step-body.ts";
import type { BodyReader, StepReader, WireContext } from "../../wire/step-reader.ts";
import type { TensorSource } from "../../wire/tensor/head.ts";
import { requireNoQuery } from "./no-query.ts";

/** Length of the JSON in front of a tensor, as the Open Inference Protocol names it. */
export const HEADER_LENGTH = "inference-header-content-length";

export interface Opener<Reader extends BodyReader = StepReader> {
  json(context: WireContext): Reader;
  tensor(source: TensorSource, context: WireContext): Reader;
  /** A body that is not preceded by JSON; read as `tensor` when absent. */
  bare?(query: string, context: WireContext): Reader;
  /** names of the options that a query string may write as `1,2,3`; the options of a step when absent */
  readonly lists?: ReadonlySet<string>;
}

export const STEP_BODY: Opener = { json: openStepJson, tensor: openStepTensor, bare: openBareTensor };
export const BATCH_BODY: Opener = { json: openBatchJson, tensor: openBatchTensor };

/** The reader of a request's body, whose first bytes are `first`. */
export function openBody<Reader extends BodyReader>(
  opener: Opener<Reader>,
  { headers, url = "" }: Pick<IncomingMessage, "headers" | "url">,
  context: WireContext,
  first: Uint8Array,
): Reader {
  const mark = url.indexOf("?");
  const query = mark < 0 ? "" : url.slice(mark + 1);
  if (headers["content-encoding"] !== undefined) requireIdentity(headers["content-encoding"]);
  const type = mediaType(headers["content-type"], BODY_TYPES);
  const header_bytes =
    headers[HEADER_LENGTH] === undefined ? undefined : headerLength(headers[HEADER_LENGTH]);
  if (type === "json") {
    requireNoTensor(header_bytes);
    requireNoQuery(`?${query}`, "options of a JSON body stand in the body");
    return opener.json(context);
  }
  if (type === "form" && header_bytes === undefined) requireDtype(query);
  if (!headers["content-type"] && header_bytes === undefined) requireNoJson(query, first);
  if (header_bytes === undefined && opener.bare !== undefined) return opener.bare(query, context);
  const options = parseQuery(query, opener.lists ?? LIST_OPTIONS);
  return opener.tensor({ header_bytes, query: options }, context);
}

function requireNoTensor(header_bytes: number | undefined): void {
  if (header_bytes === undefined) return;
  throw new Problem(
    "unsupported_media_type",
    "Inference-Header-Content-Length tells of a tensor behind the JSON: the body must be application/octet-stream, got application/json",
  );
}

/** The shape of a tensor of several rows, in the header before it or in the query string. */
const SHAPE = /(?:"shape":\s*\[|[?&]shape=(?:\[|%5B)?)(\d{1,3})\s*(?:,|%2C)\s*\d/i;

/**
 * The number of rows that a step needs at once, if the beginning of its body says so. They are requested together, since a
 * request that holds rows must not wait for more. A number that comes later, as in JSON, needs rows that are free then.
 */
export function rowsAsked(
  { url = "", headers }: IncomingMessage,
  first: Uint8Array,
  rows_max: number,
): number {
  const header_bytes = Number(headers[HEADER_LENGTH] ?? 0);
  const text = header_bytes > 0 ? latin1(first.subarray(0, header_bytes)) : url;
  // Most bodies name no shape: searching for the word costs less than matching the pattern.
  if (!text.includes("shape")) return 1;
  const rows = Number(SHAPE.exec(text)?.[1] ?? 1);
  // The reader refuses an impossible shape.
  return rows >= 1 && rows <= rows_max ? rows : 1;
}

/** The beginning of a JSON object. As a float32 it would be about 10²⁰, which no logit is. */
const JSON_BEGIN = /^\s*\{\s*"\w/;
const JSON_BEGIN_BYTES = 16;

/** A body without a type is a tensor, unless it begins like JSON: its letters would be sampled as numbers. */
function requireNoJson(query: string, first: Uint8Array): void {
  if (NAMES_DTYPE.test(query) || !JSON_BEGIN.test(latin1(first.subarray(0, JSON_BEGIN_BYTES)))) return;
  throw new Problem(
    "unsupported_media_type",
    "a body without a Content-Type is taken for a tensor, but this one begins as JSON does: send -H 'content-type: application/json'",
  );
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

const NAMES_DTYPE = /(?:^|&)dtype=/;

/** curl labels any data as a form by default. It is read as a tensor only if the request names a dtype. */
function requireDtype(query: string): void {
  if (NAMES_DTYPE.test(query)) return;
  throw new Problem(
    "unsupported_media_type",
    "the body came as application/x-www-form-urlencoded, as curl calls any body: send -H 'content-type: application/json' with JSON, or dtype in the query string with a tensor",
  );
}

/** Types of a body that is one request, by media type. */
const BODY_TYPES = {
  "application/octet-stream": "tensor",
  "application/json": "json",
  "application/x-www-form-urlencoded": "form",
} as const;

export function requireIdentity(encoding: string | undefined): void {
  if (!encoding || encoding.toLowerCase() === "identity") return;
  throw new Problem(
    "unsupported_media_type",
    `bodies are taken without Content-Encoding, got ${shorten(encoding)}: logits hardly shrink`,
  );
}

/** The meaning of a media type, among those accepted. No type at all means the first of them. */
export function mediaType<Kind extends string>(
  header: string | undefined,
  taken: Readonly<Record<string, Kind>>,
): Kind {
  if (header !== undefined && Object.hasOwn(taken, header)) return taken[header] as Kind; // the usual spelling
  const names = Object.keys(taken);
  const [type = "", ...parameters] = (header ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const name = type === "" ? names[0] : names.find((each) => each === type);
  const kind = name === undefined ? undefined : taken[name];
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (kind !== undefined && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))) return kind;
  const which = kind === undefined ? `be ${names.join(" or ")}` : "be in UTF-8";
  throw new Problem("unsupported_media_type", `the body must ${which}, got ${shorten(header ?? "none")}`);
}

/** The value of that header; undefined when there is none. */
export function headerLength(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && /^\d{1,15}$/.test(header) && Number(header) > 0) return Number(header);
  throw new Problem(
    "malformed_header",
    `Inference-Header-Content-Length must be a whole number of at least 1, got ${shorten(String(header))}`,
  );
}
