/**
 * The oracle of the fuzz: decides whether a plain, strict reading of the published contract accepts a request. It is an
 * upper bound for the service: a request that it refuses must be refused; of the requests that it accepts, the service
 * may refuse some for reasons of sampling (every token masked, a state of another chain).
 */
import { PRESETS } from "../../src/sampling/presets/index.ts";
import type { Message } from "../message.ts";
import { complaintOf, STAGE_NAMES } from "./contract.ts";
import { DTYPE_BYTES, type Fields, isFields, rowLength, tensorLength, VOCAB_SIZE_MAX } from "./logits.ts";
import { readQuery } from "./query.ts";
import { readStrictJson } from "./strict-json.ts";

export interface Verdict {
  /** why the request as a whole must be refused */
  readonly refusal?: string | undefined;
  /** of a batch: why each row must be refused, or undefined */
  readonly rows?: readonly (string | undefined)[];
  /** the reason why the text of a JSON batch is invalid; the service may still answer the rows around the broken one */
  readonly unreadable?: string;
}

const REQUESTS: Readonly<Record<string, string>> = {
  "/v1/sample": "Step",
  "/v1/sample/batch": "Batch",
  "/v1/compare": "Compare",
  "/v1/probabilities": "Probabilities",
  "/v1/score": "Score",
  "/v1/diagnose": "Diagnose",
  "/v1/calibrate": "Calibrate",
  "/v1/baseline": "Baseline",
};

export function judge(message: Message): Verdict {
  try {
    return judgeBody(message);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const is_batch =
      message.path === "/v1/sample/batch" && typeOf(message.headers?.["content-type"]) === "json";
    return is_batch ? { unreadable: error.message } : { refusal: error.message };
  }
}

function judgeBody({ path, headers = {}, body = "" }: Message): Verdict {
  const bytes = Buffer.from(body as Uint8Array); // a string is taken as UTF-8
  const [route = "", query = ""] = path.split(/\?(.*)/s, 2);
  const kind = REQUESTS[route];
  if (kind === undefined) return { refusal: "no such route" };
  if (bytes.length === 0) return { refusal: "no body" };
  if ((headers["content-encoding"] ?? "identity") !== "identity") return { refusal: "encoded" };
  const type = typeOf(headers["content-type"]);
  if (type === undefined) return { refusal: "media type" };
  if (type === "json") {
    if (query.replaceAll("&", "") !== "") return { refusal: "options in two places" };
    return judgeJson(kind, readStrictJson(bytes));
  }
  // White space around a header's value is not part of it (RFC 9110, 5.5).
  const length = headers["inference-header-content-length"]?.trim();
  if (length === undefined) {
    const fields = readQuery(query);
    const is_nameless = isFields(fields) && fields["dtype"] === undefined;
    return is_nameless ? { refusal: "no dtype" } : judgeTensor(kind, fields, bytes);
  }
  if (query.replaceAll("&", "") !== "") return { refusal: "options in two places" };
  if (!/^[0-9]{1,15}$/.test(length) || Number(length) < 1 || Number(length) > bytes.length)
    return { refusal: "header length" };
  const fields = readStrictJson(bytes.subarray(0, Number(length)));
  return judgeTensor(kind, fields, bytes.subarray(Number(length)));
}

function typeOf(header = ""): "json" | "tensor" | undefined {
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return undefined;
  if (type === "application/json") return "json";
  return type === "" || type === "application/octet-stream" ? "tensor" : undefined;
}

function judgeJson(kind: string, body: unknown): Verdict {
  if (!isFields(body)) return { refusal: "not an object" };
  if (kind !== "Batch") return { refusal: refusalOfJson(`${kind}Request`, body) };
  const { rows, ...shared } = body;
  if (!Array.isArray(rows) || rows.length === 0) return { refusal: "no rows" };
  const refusal = Object.keys(shared).find((name) =>
    complaintOf("OptionsAlone", { [name]: shared[name] })?.includes("additional"),
  );
  if (refusal !== undefined) return { refusal };
  return {
    rows: rows.map((row) =>
      isFields(row) ? refusalOfJson("StepRequest", { ...shared, ...row }) : "no object",
    ),
  };
}

/** Rows are at `logits`, or in `rows`. The schema gets stand-ins for them, because it cannot express −∞. */
function refusalOfJson(schema: string, body: Fields): string | undefined {
  const shown = {
    ...body,
    ...standIn(body),
    ...(Array.isArray(body["rows"]) && { rows: body["rows"].map(shownRow) }),
  };
  const complaint = complaintOf(schema, shown);
  if (complaint !== undefined) return complaint;
  const analysis = !/^(Step|Compare)/.test(schema);
  if (analysis && "rows" in body === "logits" in body) return "rows or logits";
  const rows = Array.isArray(body["rows"]) ? (body["rows"] as readonly Fields[]) : [body];
  for (const { logits } of rows) {
    const length = rowLength(logits);
    if (typeof length === "string") return length;
    const refusal = refusalOfSize(body, length) ?? (analysis ? undefined : refusalOfOptions(body, length));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function shownRow(row: unknown): unknown {
  return isFields(row) ? { ...row, ...standIn(row) } : row;
}

function standIn({ logits }: Fields): Fields {
  if (Array.isArray(logits)) return { logits: logits.slice(0, 1).map(() => 0) };
  if (!isFields(logits) || !Array.isArray(logits["values"])) return {};
  return { logits: { ...logits, values: [] } };
}

function judgeTensor(kind: string, fields: unknown, tensor: Uint8Array): Verdict {
  if (!isFields(fields)) return { refusal: "the header is no object" };
  const { dtype = "f32", shape, rows, ...options } = fields;
  if (typeof dtype !== "string" || !Object.hasOwn(DTYPE_BYTES, dtype)) return { refusal: "dtype" };
  const size = dtype === "f32" ? 4 : 2;
  if (fields["sparse"] !== undefined) return { refusal: refusalOfSparse(kind, fields, tensor, dtype, size) };
  if (shape !== undefined && (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 1)))
    return { refusal: "shape" };
  const count = Array.isArray(shape) && shape.length === 2 ? Number(shape[0]) : 1;
  const elements = Array.isArray(shape) ? Number(shape.at(-1)) : tensor.length / size;
  if (Array.isArray(shape) && (shape.length < 1 || shape.length > 2)) return { refusal: "shape" };
  if (tensor.length !== count * elements * size) return { refusal: "bytes do not fit the shape" };
  const row = (i: number) =>
    tensorLength(tensor.subarray(i * elements * size, (i + 1) * elements * size), dtype);
  if (kind === "Batch") return judgeBatch({ shape, rows, options }, row);
  if (rows !== undefined) return { refusal: "rows" };
  if (count !== 1 && /^(Step|Compare)/.test(kind)) return { refusal: "many rows" };
  const schema = kind === "Compare" ? "CompareRequest" : `${kind}Header`;
  const complaint = complaintOf(schema, kind === "Compare" ? { ...options, logits: [0] } : options);
  if (complaint !== undefined) return { refusal: complaint };
  return {
    refusal: firstString(count, (i) => refusalOfTensorRow(row(i), options, /^(Step|Compare)/.test(kind))),
  };
}

const ID_BYTES = 4;

/** The ids, then equally many values. */
function refusalOfSparse(
  kind: string,
  fields: Fields,
  tensor: Uint8Array,
  dtype: string,
  size: number,
): string | undefined {
  if (kind !== "Step") return "sparse";
  const complaint = complaintOf("StepHeader", fields);
  if (complaint !== undefined) return complaint;
  const { count, vocab_size } = fields["sparse"] as { count: number; vocab_size?: number }; // the schema says so
  if (tensor.length !== count * (ID_BYTES + size)) return "bytes do not fit the count";
  const view = new DataView(tensor.buffer, tensor.byteOffset, tensor.length);
  const token_ids = Array.from({ length: count }, (_, i) => view.getInt32(ID_BYTES * i, true));
  if (token_ids.some((id) => id < 0 || id >= (vocab_size ?? Number.POSITIVE_INFINITY)))
    return "an id out of range";
  if (new Set(token_ids).size < count) return "an id twice";
  const length = tensorLength(tensor.subarray(ID_BYTES * count), dtype);
  return refusalOfTensorRow(
    typeof length === "string" ? length : (vocab_size ?? Number.POSITIVE_INFINITY),
    fields,
    true,
  );
}

function judgeBatch({ shape, rows, options }: Fields, row: (i: number) => number | string): Verdict {
  if (!Array.isArray(shape) || shape.length !== 2) return { refusal: "shape" };
  const count = Number(shape[0]);
  if (rows !== undefined && (!Array.isArray(rows) || rows.length !== count)) return { refusal: "rows" };
  const shared = options as Fields;
  const stray = Object.keys(shared).find((name) =>
    complaintOf("OptionsAlone", { [name]: shared[name] })?.includes("additional"),
  );
  if (stray !== undefined) return { refusal: stray };
  const own = (i: number): unknown => (Array.isArray(rows) ? rows[i] : {});
  return {
    rows: Array.from({ length: count }, (_, i) => {
      const mine = own(i);
      if (!isFields(mine)) return "no object";
      const all = { ...shared, ...mine };
      return complaintOf("OptionsAlone", all) ?? refusalOfTensorRow(row(i), all, true);
    }),
  };
}

function refusalOfTensorRow(length: number | string, options: Fields, sampled: boolean): string | undefined {
  if (typeof length === "string") return length;
  return refusalOfSize(options, length) ?? (sampled ? refusalOfOptions(options, length) : undefined);
}

function firstString(count: number, of: (i: number) => string | undefined): string | undefined {
  for (let i = 0; i < count; i++) {
    const refusal = of(i);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOfSize({ vocab_size }: Fields, length: number): string | undefined {
  return Number(vocab_size ?? 1) > length ? "vocab_size" : undefined;
}

/** Only hosts that exist. Whether the list is complete is tested elsewhere. */
const HOSTS: readonly string[] = PRESETS.map(({ name }) => name);
const SEED_MIN = -(2n ** 63n);
const SEED_MAX = 2n ** 64n - 1n;

/** Rules between options, which no schema of one option can state. */
function refusalOfOptions(options: Fields, length: number): string | undefined {
  const { seed, preset, chain, history, prompt_length, logprob_token_ids } = options;
  if (seed !== undefined && !isSeed(seed)) return "seed";
  if (preset !== undefined && !HOSTS.includes(String(preset))) return "preset";
  if (Number(prompt_length ?? 0) > (Array.isArray(history) ? history.length : 0)) return "prompt_length";
  const size = Math.min(length, Number(options["vocab_size"] ?? length));
  if (Array.isArray(logprob_token_ids) && logprob_token_ids.some((id) => Number(id) >= size))
    return "logprob_token_ids";
  if (length > VOCAB_SIZE_MAX && length !== Number.POSITIVE_INFINITY && Array.isArray(options["logits"]))
    return "length";
  if (chain === undefined) return undefined;
  if (preset !== undefined) return "chain and preset";
  const names = new Set(STAGE_NAMES);
  return Object.keys(options).find((name) => names.has(name)) && "chain and a stage";
}

function isSeed(seed: unknown): boolean {
  if (typeof seed === "number") return Number.isSafeInteger(seed);
  if (typeof seed !== "string" || !/^-?[0-9]{1,20}$/.test(seed)) return false;
  return BigInt(seed) >= SEED_MIN && BigInt(seed) <= SEED_MAX;
}
