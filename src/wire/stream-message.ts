/**
 * The messages of a stream, independent of their framing: the options that open it, rows, and changes of its
 * options or position. A message receives its bytes as they arrive, so a row is in place with its last byte.
 *
 * A row that cannot be taken is still a message: its `row` throws the Problem. A message of an unknown kind
 * throws at once, and the stream ends.
 */
import { Problem, pointerTo, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { ENCODINGS, type Encoding } from "../kernels/kernel.ts";
import { didYouMean } from "../nearest.ts";
import { isSparse, type LogitsRow } from "../sampling/rows.ts";
import type { StepOptions } from "../sampling/step.ts";
import type { TensorFields } from "../schemas/tensor.ts";
import { JsonEnvelope } from "./json/envelope.ts";
import { jsonValue } from "./json/text.ts";
import { type ArrivedStep, rowsOf, stepTargets } from "./json-rows.ts";
import { REMEMBERED_LENGTH_MAX } from "./remembered.ts";
import { type DividedStep, formsOf } from "./row-forms.ts";
import type { BodyForm } from "./row-source.ts";
import { elementsOfRows, requireWholeRows } from "./rows.ts";
import type { WireContext } from "./step-reader.ts";
import { encodingOf, requireVocabSize, tensorFields } from "./tensor/head.ts";
import { OneRow, type StepRows } from "./tensor/one-row.ts";
import { TensorRows } from "./tensor/rows.ts";

type Fields = Readonly<Record<string, unknown>>;

export type StreamMessage =
  | { readonly type: "open"; readonly options: Fields }
  | {
      readonly type: "step";
      /** makes the rows once the options of their step are known; throws the Problem of a faulty row */
      readonly rows: (options: StepOptions) => readonly LogitsRow[];
      /** options that came with the rows and apply to their step only */
      readonly own: Fields | undefined;
      readonly form: BodyForm;
      /** of the whole message */
      readonly bytes: number;
    }
  | { readonly type: "update"; readonly options: Fields }
  | { readonly type: "accept"; readonly token_ids: unknown }
  | { readonly type: "rewind"; readonly steps: unknown }
  /** the draft; the following messages bring its rows */
  | { readonly type: "verify"; readonly said: Fields }
  /** a search; the following messages bring the rows of its steps */
  | { readonly type: "beam"; readonly said: Fields };

/** The default form of the rows of a stream. */
interface StreamTensor {
  readonly encoding: Encoding;
  readonly shape: TensorFields["shape"];
  /** rows of each step */
  readonly step_rows: number;
}

/** A text without the numbers of its row, and its fields. */
interface Said {
  readonly text: string;
  readonly value: unknown;
  /** the form of its rows and its other fields, once they were read */
  forms: DividedStep | undefined;
}

/** A message whose bytes are arriving. */
export interface ArrivingMessage {
  /** takes its bytes */
  readonly sink: {
    write(bytes: Uint8Array): void;
    /** Memory of at most this size for the next bytes; undefined: any. */
    room?(bytes: number): Uint8Array | undefined;
  };
  end(): StreamMessage;
}

/** The rows of a step that are arriving. */
class RowMessage implements ArrivingMessage {
  readonly sink: StepRows;
  readonly #bytes: number;

  constructor(rows: StepRows, bytes: number) {
    this.sink = rows;
    this.#bytes = bytes;
  }

  end(): StreamMessage {
    const rows = this.sink;
    return {
      type: "step",
      own: undefined,
      form: rows.form,
      bytes: this.#bytes,
      rows: (options) => rows.finish(options),
    };
  }
}

/** Takes bytes that nothing reads. */
const IGNORED: ArrivingMessage["sink"] = { write() {} };

/** Rows that cannot be taken; the answer to their step has the reason. */
class RefusedRow implements ArrivingMessage {
  readonly sink = IGNORED;
  readonly #problem: Problem;
  readonly #form: BodyForm;
  readonly #bytes: number;

  constructor(problem: Problem, form: BodyForm, bytes: number) {
    this.#problem = problem;
    this.#form = form;
    this.#bytes = bytes;
  }

  end(): StreamMessage {
    const problem = this.#problem;
    const rows = () => {
      throw problem;
    };
    return { type: "step", own: undefined, form: this.#form, bytes: this.#bytes, rows };
  }
}

const TYPES = ["update", "accept", "rewind", "verify", "beam", "step"] as const;
const LISTED_TYPES = '"update", "accept", "rewind", "verify", "beam" or "step"';

/** Begins the messages of a stream, in order. The first has the options, which describe the rows. */
export class StreamMessages {
  readonly #context: WireContext;
  #tensor: StreamTensor | undefined;
  #last: Said | undefined;
  /** True when the options were read. */
  opened = false;
  /** Maximum number of rows of the next message. */
  step_rows = 1;
  /** true when the last frame was one of rows, and the length of those */
  #row_bytes = -1;
  #vocab_size = 0;

  constructor(context: WireContext) {
    this.#context = context;
  }

  /** A message of JSON text. */
  beginText(): ArrivingMessage {
    const arrived: ArrivedStep = { rows: [] };
    const targets = stepTargets(this.#context, arrived, (problem) => {
      arrived.problem ??= problem;
    });
    const envelope = new JsonEnvelope("step", this.#context.limits, targets);
    let received = 0;
    return {
      sink: {
        write(bytes) {
          received += bytes.length;
          envelope.write(bytes);
        },
      },
      end: () => this.#messageOf(this.#read(envelope), arrived, received),
    };
  }

  /** Begins the rows of a step: this number of bytes, in the encoding of the stream. */
  beginRow(bytes: number): ArrivingMessage {
    const { lease } = this.#context;
    const tensor = this.#tensor ?? { encoding: "f32", shape: undefined, step_rows: 1 };
    try {
      // Most rows of a stream are as long as the row before.
      if (bytes !== this.#row_bytes) this.#vocab_size = requireRowBytes(bytes, tensor, this.#context);
      this.#row_bytes = bytes;
      const { encoding, step_rows } = tensor;
      const rows =
        step_rows === 1
          ? new OneRow(tensor, lease())
          : new TensorRows(lease, { encoding, steps: 1, step_rows, vocab_size: this.#vocab_size });
      return new RowMessage(rows, bytes);
    } catch (error) {
      return new RefusedRow(asProblem(error), ENCODINGS[tensor.encoding].dtype, bytes);
    }
  }

  /** The fields of a text. A text equal to the last one, except for its numbers, is not parsed again. */
  #read(envelope: JsonEnvelope): Said {
    const text = envelope.endText();
    if (this.#last?.text === text) return this.#last;
    const said: Said = { text, value: envelope.restored(jsonValue(text)), forms: undefined };
    this.#last = text.length <= REMEMBERED_LENGTH_MAX ? said : undefined;
    return said;
  }

  #messageOf(said: Said, arrived: ArrivedStep, bytes: number): StreamMessage {
    const { value } = said;
    if (!isRecord(value))
      throw new Problem("invalid_option", `a message must be a JSON object, got ${show(value)}`);
    if (this.#tensor === undefined) return this.#open(value);
    const { type = "step", ...fields } = value;
    if (type === "update") return { type, options: fields };
    if (type === "accept") return { type, token_ids: only(fields, "token_ids", type) };
    if (type === "rewind") return { type, steps: only(fields, "steps", type) };
    if (type === "verify" || type === "beam") return { type, said: fields };
    if (type !== "step")
      throw new Problem(
        "invalid_option",
        `type must be ${LISTED_TYPES}, got ${show(type)}${didYouMean(type, TYPES)}`,
        "/type",
      );
    // A row that cannot be taken is reported in its turn.
    const own = "sources" in fields ? ownOf(fields) : withoutLogits(fields);
    const context = this.#context;
    const { shape } = this.#tensor;
    return {
      type,
      own,
      form: "json",
      bytes,
      rows(options) {
        if (arrived.problem !== undefined) throw arrived.problem;
        said.forms ??= formsOf(fields);
        const rows = rowsOf(said.forms, arrived, options, context);
        for (const row of rows) if (!isSparse(row)) requireShape(row.length, shape);
        return rows;
      },
    };
  }

  #open(fields: Fields): StreamMessage {
    if ("logits" in fields)
      throw new Problem(
        "unknown_option",
        "the first message holds the options of the stream, and no logits",
        "/logits",
      );
    const [tensor, options] = tensorFields(fields);
    const { shape } = tensor;
    const { limits } = this.#context;
    const { sources_max } = limits.options;
    if (shape !== undefined && (shape.length < 1 || shape.length > 2 || stepRows(shape) > sources_max))
      throw new Problem(
        "invalid_option",
        `the shape of a stream's steps must be [vocab_size] or [rows, vocab_size] with at most ${sources_max} rows, got ${show(shape)}`,
        "/shape",
      );
    requireVocabSize(shape?.at(-1) ?? 0, limits, "/shape");
    const { sources } = options;
    const step_rows = shape === undefined && Array.isArray(sources) ? sources.length : stepRows(shape);
    if (step_rows > 1 && options["combine"] === undefined)
      throw new Problem(
        "option_conflict",
        `a stream of ${step_rows} rows a step needs combine, which says how they become one`,
        "/combine",
      );
    this.#tensor = { encoding: encodingOf(tensor, { header_bytes: 0 }), shape, step_rows };
    this.opened = true;
    this.step_rows = step_rows;
    return { type: "open", options };
  }
}

/** The number of rows of a step with this shape. */
function stepRows(shape: readonly number[] | undefined): number {
  return shape?.length === 2 ? (shape[0] as number) : 1;
}

function withoutLogits({ logits: _, ...own }: Fields): Fields {
  return own;
}

/** The fields of a message besides its rows, before the rows are read. */
function ownOf(fields: Fields): Fields {
  try {
    return formsOf(fields).fields;
  } catch (error) {
    asProblem(error);
    const { sources: _, ...own } = withoutLogits(fields);
    return own;
  }
}

/** The elements of a row. */
function requireRowBytes(
  bytes: number,
  { encoding, shape, step_rows }: StreamTensor,
  { limits }: WireContext,
): number {
  requireWholeRows(bytes, step_rows, encoding, "");
  const all = elementsOfRows(bytes, step_rows, encoding);
  const elements = all / step_rows;
  if (!Number.isInteger(elements))
    throw new Problem(
      "length_mismatch",
      `a frame holds ${step_rows} rows of one length, got ${all} elements`,
    );
  requireVocabSize(elements, limits, "");
  requireShape(elements, shape);
  return elements;
}

/** The shape of the stream applies to its dense rows in every form. */
function requireShape(elements: number, shape: TensorFields["shape"]): void {
  if (shape === undefined || elements === shape.at(-1)) return;
  throw new Problem(
    "length_mismatch",
    `shape [${shape.join(", ")}] needs ${shape.at(-1)} elements, got ${elements}`,
    "/shape",
  );
}

/** The only field of a message of this type. */
function only(fields: Fields, name: string, type: string): unknown {
  const stray = Object.keys(fields).find((key) => key !== name);
  if (stray !== undefined)
    throw new Problem(
      "unknown_option",
      `${type} takes ${name} and nothing else, got ${show(stray)}`,
      pointerTo([stray]),
    );
  return fields[name];
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
