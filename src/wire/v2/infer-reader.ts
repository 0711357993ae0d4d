/**
 * Reads the body of an inference as it arrives: JSON, then the tensors that the JSON announces, in the order of the
 * inputs. Rows of logits go straight into kernel memory. Each row is ready as soon as it and all its options have
 * arrived.
 */
import { Buffer } from "node:buffer";
import { assert, Problem, show } from "../../errors.ts";
import { ENCODINGS } from "../../kernels/kernel.ts";
import type { StepOptions } from "../../sampling/step.ts";
import type { TextBuffer } from "../growing-buffer.ts";
import type { WireLimits } from "../limits.ts";
import type { BodyForm } from "../row-source.ts";
import { finishRows } from "../rows.ts";
import { requireSharedMemory, type SharedMemory } from "../shared-memory.ts";
import { SharedOptions } from "../shared-options.ts";
import type { BodyReader, Step, WireContext } from "../step-reader.ts";
import { TensorRows } from "../tensor/rows.ts";
import type { DraftOfTensor } from "../verify/arriving.ts";
import type { VerifyCall } from "../verify/calls.ts";
import { type Element, readBytes, readData } from "./datatypes.ts";
import { callOfInference, type DraftSource, draftOfInference, isDraft, openDraftRows } from "./draft.ts";
import { type RowOptions, rowOptions, type SideTensor } from "./options.ts";
import { impliedOptions } from "./outputs.ts";
import { type Inference, type InferencePlan, type Input, parseInference } from "./request.ts";
import { requestText, requestValue } from "./request-text.ts";
import { listedRows, type RowSource, SharedRows, StoredRows } from "./rows.ts";

/** A tensor whose bytes follow the JSON. */
interface Segment {
  readonly input: Input;
  missing: number;
  /** the bytes so far; undefined for the logits */
  readonly bytes: Buffer | undefined;
}

/** The destination of the rows of an inference, and the regions outside the body that rows may be read from. */
export interface InferContext extends WireContext {
  /** undefined: nowhere else */
  readonly shared_memory: SharedMemory | undefined;
}

export class InferReader implements BodyReader {
  readonly #context: InferContext;
  readonly #header_bytes: number | undefined;
  readonly #text: TextBuffer;
  /** remaining bytes of the JSON; for a body without tensors, more than will come */
  #text_missing: number;
  /** The request; undefined until the JSON is complete. */
  inference: Inference | undefined;
  /** True when the rows are those of a draft: `nextDraft` takes it. */
  is_draft = false;
  #segments: Segment[] = [];
  #sides: SideTensor[] = [];
  #source: RowSource | undefined;
  /** the options of each row, when rows differ */
  #options: OptionsOf | undefined;
  /** the options of every row, or of the first */
  #first: StepOptions | undefined;
  #next_row = 0;
  /** of an inference that is a draft: what is known of it once its options are, and its rows */
  #draft: DraftOfTensor | undefined;
  #draft_rows: DraftSource | undefined;
  #draft_is_taken = false;

  /** `header_bytes` is the length of the JSON when tensors follow it. */
  constructor(header_bytes: number | undefined, context: InferContext) {
    const { json_text_bytes_max } = context.limits;
    if (header_bytes !== undefined && header_bytes > json_text_bytes_max)
      throw new Problem(
        "limit_exceeded",
        `the JSON header may have at most ${json_text_bytes_max} bytes (json_text_bytes_max), got ${header_bytes}`,
      );
    this.#context = context;
    this.#header_bytes = header_bytes;
    this.#text = requestText(json_text_bytes_max, "json_text_bytes_max");
    this.#text_missing = header_bytes ?? Number.POSITIVE_INFINITY;
  }

  /** True when the next bytes must be kept in memory until later ones arrive. */
  get parks(): boolean {
    const is_side = this.#segments[0]?.bytes !== undefined;
    const stores = this.#source instanceof StoredRows || this.#draft_rows?.parks === true;
    return this.inference === undefined || is_side || stores;
  }

  get form(): BodyForm | undefined {
    const { logits, rows } = this.inference ?? {};
    return logits?.place.in === "body" ? rows && ENCODINGS[rows.encoding].dtype : logits?.place.in;
  }

  write(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.inference === undefined) {
      const taken = Math.min(this.#text_missing, chunk.length);
      this.#text.append(chunk.subarray(0, taken));
      this.#text_missing -= taken;
      if (this.#text_missing > 0) return;
      rest = chunk.subarray(taken);
      this.#begin();
    }
    while (rest.length > 0) rest = this.#take(rest);
  }

  /** The last chunk becomes invalid: its unread part is copied. */
  keep(): void {
    this.#sink?.keep();
  }

  get #sink(): Pick<RowSource, "write" | "keep"> | undefined {
    return this.#draft_rows ?? this.#source;
  }

  end(): void {
    if (this.inference === undefined && this.#header_bytes !== undefined)
      throw new Problem(
        "malformed_header",
        `Inference-Header-Content-Length must be at most the length of the body, ${this.#header_bytes - this.#text_missing}, got ${this.#header_bytes}`,
      );
    if (this.inference === undefined) this.#begin();
    const [short] = this.#segments;
    if (short !== undefined)
      throw new Problem(
        "length_mismatch",
        `the body ends ${short.missing} bytes before the end of ${short.input.name}`,
        short.input.pointer,
      );
  }

  /** The next step; undefined when more bytes are needed or all rows were taken. Throws the step's error. */
  next(): Step | undefined {
    const inference = this.inference;
    const source = this.#source;
    if (inference === undefined || !this.#complete || !source?.next()) return undefined;
    const { steps } = inference.rows;
    const index = this.#next_row;
    this.#next_row += 1;
    const place = (problem: Problem) =>
      steps === 1 ? problem : new Problem(problem.code, `row ${index}: ${problem.message}`, problem.pointer);
    try {
      const options = this.#optionsAt(index);
      return { rows: finishRows(source.rows, options), options, place };
    } catch (error) {
      throw error instanceof Problem ? place(error) : error;
    }
  }

  /**
   * The draft, once, as soon as its options are known; undefined before and after. Its rows may come later. What it no longer
   * needs is dropped when this is called again.
   */
  nextDraft(): VerifyCall | undefined {
    const [draft, rows] = [this.#draft, this.#draft_rows];
    if (draft === undefined || rows === undefined) return undefined;
    if (this.#draft_is_taken) {
      rows.drop();
      return undefined;
    }
    this.#draft_is_taken = true;
    return callOfInference(draft, rows);
  }

  /** The JSON is complete. All of it is checked before the first element is read. */
  #begin(): void {
    const { remembered, limits } = this.#context;
    const text = this.#text.whole();
    const make = (each: string) => planOf(each, limits);
    const { inference, options } = remembered?.inference.of(text, make) ?? make(text);
    this.inference = inference;
    this.is_draft = isDraft(inference);
    this.#first = options;
    for (const input of inference.inputs)
      if (input.place.in === "body") this.#expect(input, input.place.byte_size);
      else if (input !== inference.logits) this.#sides.push(this.#besideBody(input));
    this.#settle();
    if (this.is_draft) this.#draft_rows = this.#openDraft(inference);
    else this.#source = this.#open(inference);
  }

  #openDraft(inference: Inference): DraftSource {
    const { logits } = inference;
    const { place, pointer } = logits;
    const stores = place.in === "body" && this.#segments.at(-1)?.input !== logits;
    const rows = openDraftRows(inference, this.#context, this.#context.shared_memory, stores);
    if (place.in === "json") {
      const { buffer } = float32Of(readData(logits.datatype, place.data, logits.elements, pointer), pointer);
      rows.write(new Uint8Array(buffer));
    }
    return rows;
  }

  #expect(input: Input, byte_size: number): void {
    const is_logits = input.name === "logits";
    if (byte_size === 0) this.#sides.push(sideTensor(input, new Uint8Array(0)));
    else
      this.#segments.push({
        input,
        missing: byte_size,
        bytes: is_logits ? undefined : Buffer.allocUnsafe(byte_size),
      });
  }

  #besideBody(input: Input): SideTensor {
    const { name, datatype, shape, elements, pointer, place } = input;
    if (place.in === "json")
      return { name, datatype, shape, elements: readData(datatype, place.data, elements, pointer), pointer };
    assert(place.in === "shared_memory", "inputs in the body are not beside it");
    const memory = requireSharedMemory(this.#context.shared_memory, pointer);
    return sideTensor(input, memory.readBytes(place, pointer));
  }

  #open({ logits, rows }: Inference): RowSource {
    const { place, pointer } = logits;
    const { lease } = this.#context;
    if (place.in === "body") {
      const is_last = this.#segments.at(-1)?.input === logits;
      return is_last || rows.steps === 1 ? new TensorRows(lease, rows) : new StoredRows(lease, rows);
    }
    if (place.in === "shared_memory") {
      const memory = requireSharedMemory(this.#context.shared_memory, pointer);
      return new SharedRows(lease, rows, memory, place, pointer);
    }
    const elements = readData(logits.datatype, place.data, logits.elements, pointer);
    return listedRows(lease, rows, float32Of(elements, pointer));
  }

  /** Takes the bytes of the current tensor; returns the rest. */
  #take(bytes: Uint8Array): Uint8Array {
    const [segment] = this.#segments;
    if (segment === undefined)
      throw new Problem("length_mismatch", "the body goes on behind its last tensor");
    const part = bytes.subarray(0, segment.missing);
    if (segment.bytes === undefined) this.#sink?.write(part);
    else segment.bytes.set(part, segment.bytes.length - segment.missing);
    segment.missing -= part.length;
    if (segment.missing === 0) this.#finish(segment);
    return bytes.subarray(part.length);
  }

  #finish({ input, bytes }: Segment): void {
    this.#segments.shift();
    if (bytes !== undefined) this.#sides.push(sideTensor(input, bytes));
    this.#settle();
  }

  /** True when the options are known. */
  get #complete(): boolean {
    return this.#first !== undefined || this.#options !== undefined || this.#draft !== undefined;
  }

  /** Makes the options once every tensor besides the logits is complete. */
  #settle(): void {
    if (this.#complete || this.inference === undefined) return;
    if (this.#segments.some(({ bytes }) => bytes !== undefined)) return;
    if (this.is_draft) {
      this.#draft = draftOfInference(this.inference, this.#sides, this.#context);
      return;
    }
    const { parameters, rows } = this.inference;
    this.#options = optionsOf(
      this.inference,
      rowOptions(parameters, this.#sides, rows.steps),
      this.#context.limits,
    );
    this.#first = this.#options(0);
  }

  #optionsAt(index: number): StepOptions {
    const [of_row, first] = [this.#options, this.#first];
    if (first !== undefined && (of_row === undefined || index === 0)) return first;
    assert(of_row !== undefined, "options are known before a row is taken");
    return of_row(index);
  }
}

function planOf(text: string, limits: WireLimits): InferencePlan {
  const inference = parseInference(requestValue(text), limits);
  const { inputs, parameters, rows } = inference;
  if (inputs.length > 1 || isDraft(inference)) return { inference, options: undefined };
  const options = optionsOf(inference, rowOptions(parameters, [], rows.steps), limits);
  return { inference, options: options(0) };
}

/** The options of each row. */
type OptionsOf = (row: number) => StepOptions;

function optionsOf({ wanted }: Inference, { shared, own }: RowOptions, limits: WireLimits): OptionsOf {
  const options = new SharedOptions({ ...impliedOptions(wanted.outputs ?? []), ...shared }, limits.options);
  return (row) => options.of(own === undefined ? {} : own(row));
}

/** Logits in JSON, rounded as by Math.fround. */
function float32Of(elements: readonly Element[], pointer: string): Float32Array {
  const values = Float32Array.from(elements, Number);
  const index = values.indexOf(Number.POSITIVE_INFINITY);
  if (index < 0) return values;
  throw new Problem(
    "invalid_logits",
    `logits must fit into float32, got ${show(elements[index])} at index ${index}`,
    pointer,
  );
}

function sideTensor(input: Input, bytes: Uint8Array): SideTensor {
  const { name, datatype, shape, elements, pointer } = input;
  return { name, datatype, shape, elements: readBytes(datatype, bytes, elements, pointer), pointer };
}
