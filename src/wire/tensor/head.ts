/**
 * Gathers the JSON header in front of a tensor from the first bytes of a body, and reads the description of the tensor.
 */
import { Buffer } from "node:buffer";
import { alternatives, Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { type Encoding, rowBytes, WIRE_DTYPES } from "../../kernels/kernel.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { type SparseFields, TENSOR_FIELDS, type TensorFields } from "../../schemas/tensor.ts";
import { type TextBuffer, textBesideLogits } from "../growing-buffer.ts";
import { JsonEnvelope } from "../json/envelope.ts";
import type { WireLimits } from "../limits.ts";
import type { BodyHead } from "../row-source.ts";
import { encodingText, encodingWith, requireFullUnits } from "../rows.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Where the options of a binary body stand: in `header_bytes` of JSON before the tensor, or else in the query string. */
export interface TensorSource {
  readonly header_bytes: number | undefined;
  readonly query: Fields;
}

export interface Tensor {
  readonly encoding: Encoding;
  readonly shape?: TensorFields["shape"];
  readonly step_rows: number;
}

/** The facts about a step that are known before its first element. */
export interface StepPlan {
  readonly tensor: Tensor;
  /** the list that comes instead of a whole row */
  readonly sparse: SparseFields | undefined;
  readonly options: StepOptions;
}

const NOTHING = new Uint8Array(0);
/** A longer header is read while it arrives, not in one piece. */
const READ_AT_ONCE = 65_536;
const NO_ROWS = {
  numbers: unexpected,
  packed: unexpected,
  fault: unexpected,
};

/** No place of a header holds a row of logits. */
function unexpected(): never {
  throw new Error("a tensor header has no rows");
}

export class TensorHead implements BodyHead {
  readonly source: TensorSource;
  readonly parks = false;
  readonly #header_bytes: number;
  readonly #limits: WireLimits;
  /** keeps a short header; a long one goes through the envelope */
  readonly #text: TextBuffer | undefined;
  readonly #envelope: JsonEnvelope | undefined;
  #missing: number;
  #fields: Fields | undefined;

  constructor(source: TensorSource, limits: WireLimits) {
    const { header_bytes, query } = source;
    this.source = source;
    this.#header_bytes = header_bytes ?? 0;
    this.#limits = limits;
    this.#missing = this.#header_bytes;
    if (header_bytes === undefined) this.#fields = query;
    else if (Object.keys(query).length > 0)
      throw new Problem("option_conflict", "options stand in the header or in the query string, not in both");
    else if (header_bytes > limits.json_text_bytes_max)
      throw new Problem(
        "limit_exceeded",
        `the JSON header may have at most ${limits.json_text_bytes_max} bytes (json_text_bytes_max), got ${header_bytes}`,
      );
    else if (header_bytes > READ_AT_ONCE) this.#envelope = new JsonEnvelope("none", limits, NO_ROWS);
    else this.#text = textBesideLogits(limits.json_text_bytes_max);
  }

  /** Takes the bytes of the header; the rest belongs to the tensor. */
  write(chunk: Uint8Array): Uint8Array {
    if (this.#missing === 0) return chunk;
    const taken = Math.min(this.#missing, chunk.length);
    const bytes = chunk.subarray(0, taken);
    if (this.#envelope === undefined) this.#text?.append(bytes);
    else this.#envelope.write(bytes);
    this.#missing -= taken;
    return taken === chunk.length ? NOTHING : chunk.subarray(taken);
  }

  /** True once every byte of the header is there. */
  get complete(): boolean {
    return this.#missing === 0;
  }

  /** The JSON of a short header; undefined when the header is long, or when the options stand in the query string. */
  get text(): string | undefined {
    if (this.#missing > 0)
      throw new Problem(
        "malformed_header",
        `Inference-Header-Content-Length must be at most the length of the body, ${this.#header_bytes - this.#missing}, got ${this.#header_bytes}`,
      );
    return this.#fields === undefined ? this.#text?.unmarked() : undefined;
  }

  /** The options and the tensor's description. Throws when the header is not a JSON object. */
  get fields(): Fields {
    const { text } = this;
    this.#fields ??=
      this.#envelope === undefined ? headerFields(text ?? "", this.#limits) : fieldsIn(this.#envelope);
    return this.#fields;
  }
}

/** The fields of a header's text. Throws when it is not a JSON object. */
export function headerFields(text: string, limits: WireLimits): Fields {
  const envelope = new JsonEnvelope("none", limits, NO_ROWS);
  envelope.write(Buffer.from(text));
  return fieldsIn(envelope);
}

function fieldsIn(envelope: JsonEnvelope): Fields {
  const value = envelope.end();
  if (isRecord(value)) return value;
  throw new Problem("invalid_option", `the JSON header must be an object, got ${show(value)}`);
}

/** The fields of a header, divided into the tensor's description and the rest. */
export function tensorFields({ dtype, scale, shape, ...rest }: Fields): [TensorFields, Fields] {
  const described = {
    ...(dtype !== undefined && { dtype }),
    ...(scale !== undefined && { scale }),
    ...(shape !== undefined && { shape }),
  };
  return [parseWith(TENSOR_FIELDS, described, ""), rest];
}

/**
 * The encoding of a tensor's elements. The bytes do not show it: 16-bit elements read as 32-bit numbers are nonsense.
 * In a JSON header, and in the first message of a stream, the default is f32; a bare tensor must name it.
 */
export function encodingOf(
  { dtype, scale, shape }: TensorFields,
  { header_bytes }: Pick<TensorSource, "header_bytes">,
): Encoding {
  if (dtype !== undefined || header_bytes !== undefined) {
    const encoding = encodingWith(dtype ?? "f32", scale, "");
    if (shape !== undefined) requireFullUnits(encoding, shape.at(-1) ?? 0, "/shape");
    return encoding;
  }
  throw new Problem(
    "invalid_option",
    `a tensor without a JSON header needs its dtype in the query string: ?dtype=${alternatives(WIRE_DTYPES)}, got none`,
    "/dtype",
  );
}

/** A whole tensor has the bytes that its shape says. */
export function requireTensorBytes(shape: readonly number[], encoding: Encoding, received: number): void {
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  const expected = rows * rowBytes(encoding, shape.at(-1) ?? 0);
  if (received === expected) return;
  throw new Problem(
    "length_mismatch",
    `shape [${shape.join(", ")}] of ${encodingText(encoding)} needs ${expected} bytes, got ${received}`,
    "/shape",
  );
}

/** Limits for the shape in a request. */
export function requireVocabSize(vocab_size: number, { vocab_size_max }: WireLimits, pointer: string): void {
  if (vocab_size > vocab_size_max)
    throw new Problem(
      "limit_exceeded",
      `a row may have at most ${vocab_size_max} elements (vocab_size_max), got ${vocab_size}`,
      pointer,
    );
}
