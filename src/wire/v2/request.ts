/** Turns the JSON of an inference request into a plan: the place of each tensor, and the outputs to return. */
import { alternatives, Problem, shorten, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import {
  ENCODINGS,
  type Encoding,
  rowElements,
  type Scale,
  WIRE_DTYPES,
  type WireDtype,
} from "../../kernels/kernel.ts";
import { didYouMean } from "../../nearest.ts";
import { parseWith } from "../../sampling/options/parse.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { SCALE } from "../../schemas/row.ts";
import {
  DATATYPES,
  type Datatype,
  INFER_REQUEST,
  type InferInput,
  type InferRequest,
} from "../../schemas/v2.ts";
import type { WireLimits } from "../limits.ts";
import { encodingWith, requireWhole } from "../rows.ts";
import { requireVocabSize } from "../tensor/head.ts";
import type { RowsOf } from "../tensor/rows.ts";
import { type Fields, SIDE_NAMES } from "./options.ts";
import { requireOutput } from "./outputs.ts";

/** The place of an input's elements. */
export type Place =
  | { readonly in: "json"; readonly data: unknown }
  | { readonly in: "body"; readonly byte_size: number }
  | {
      readonly in: "shared_memory";
      readonly region: string;
      readonly offset: number;
      readonly byte_size: number;
    };

export interface Input {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly place: Place;
  /** leads to the input */
  readonly pointer: string;
}

export interface Wanted {
  readonly id: string | undefined;
  /** undefined: all outputs that the options make */
  readonly outputs: readonly string[] | undefined;
  /** whether each of `outputs` is returned as bytes */
  readonly binary: readonly boolean[];
  /** whether outputs without a setting of their own are returned as bytes */
  readonly binary_by_default: boolean;
  /** microseconds from the head of the request on; undefined: no limit */
  readonly timeout_us: number | undefined;
}

export interface Inference {
  readonly wanted: Wanted;
  /** options for all rows */
  readonly parameters: Fields;
  /** in the order of their bytes in the body */
  readonly inputs: readonly Input[];
  readonly logits: Input;
  readonly rows: RowsOf;
}

/** The parsed JSON of an inference. */
export interface InferencePlan {
  readonly inference: Inference;
  /** undefined when tensors give the options */
  readonly options: StepOptions | undefined;
}

const LOGITS = "logits";
/** The protocol's names of the element types of logits; undefined: the protocol has no name. */
const LOGITS_DATATYPES: Readonly<Record<WireDtype, Datatype | undefined>> = {
  f32: "FP32",
  f16: "FP16",
  bf16: "BF16",
  i8: "INT8",
};
const NAMED_DATATYPES = Object.values(LOGITS_DATATYPES).filter((name) => name !== undefined);

export function parseInference(value: unknown, limits: WireLimits): Inference {
  requireFew(value);
  const request = parseWith(INFER_REQUEST, value, "");
  const inputs = request.inputs.map(inputOf);
  const logits = logitsOf(inputs);
  const { parameters, scale, binary_by_default, timeout_us } = parametersOf(request);
  const rows = rowsOf(logits, scale, limits);
  requireSmall(inputs, logits, limits);
  const outputs = outputsOf(request);
  return {
    wanted: {
      id: request.id ?? undefined,
      outputs: outputs?.map(({ name }) => name),
      binary: outputs?.map(({ parameters: own }) => own?.binary_data ?? binary_by_default) ?? [],
      binary_by_default,
      timeout_us,
    },
    parameters,
    inputs,
    logits,
    rows,
  };
}

/** Maximum number of inputs or outputs: each known name may occur once, so a list of a million is refused early. */
const TENSORS_MAX = 256;

function requireFew(value: unknown): void {
  for (const name of ["inputs", "outputs"]) {
    const list = isRecord(value) ? value[name] : undefined;
    if (!Array.isArray(list) || list.length <= TENSORS_MAX) continue;
    throw new Problem(
      "limit_exceeded",
      `${name} may have at most ${TENSORS_MAX} tensors, got ${list.length}`,
      `/${name}`,
    );
  }
}

function inputOf(input: InferInput, index: number, all: readonly InferInput[]): Input {
  const { name, datatype, shape } = input;
  const pointer = `/inputs/${index}`;
  if (name !== LOGITS && !SIDE_NAMES.has(name))
    throw new Problem(
      "unknown_option",
      `there is no input ${show(name)}: inputs are logits and the options of a step${didYouMean(name, [LOGITS, ...SIDE_NAMES])}`,
      `${pointer}/name`,
    );
  if (all.findIndex((each) => each.name === name) < index)
    throw new Problem("option_conflict", `the input ${shorten(name)} may be given once`, `${pointer}/name`);
  const elements = shape.reduce((product, size) => product * size, 1);
  const place = placeOf(input, pointer);
  if (place.in !== "json" && datatype !== "BYTES" && place.byte_size !== elements * DATATYPES[datatype])
    throw new Problem(
      "length_mismatch",
      `shape [${shape.join(", ")}] of ${datatype} needs ${elements * DATATYPES[datatype]} bytes, got ${place.byte_size} for ${shorten(name)}`,
      `${pointer}/parameters`,
    );
  return { name, datatype, shape, elements, place, pointer };
}

function placeOf({ name, parameters, data }: InferInput, pointer: string): Place {
  const { binary_data_size, shared_memory_region, shared_memory_offset, shared_memory_byte_size } =
    parameters ?? {};
  const given = [data, binary_data_size, shared_memory_region].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new Problem(
      "option_conflict",
      `the input ${shorten(name)} needs one of data, binary_data_size and shared_memory_region, got ${given.length}`,
      pointer,
    );
  if ((shared_memory_region === undefined) !== (shared_memory_byte_size === undefined))
    throw new Problem(
      "option_conflict",
      `shared_memory_region and shared_memory_byte_size go together, got one for ${shorten(name)}`,
      `${pointer}/parameters`,
    );
  if (shared_memory_region === undefined && shared_memory_offset !== undefined)
    throw new Problem(
      "option_conflict",
      `shared_memory_offset needs shared_memory_region, got none for ${shorten(name)}`,
      `${pointer}/parameters/shared_memory_offset`,
    );
  if (shared_memory_region !== undefined)
    return {
      in: "shared_memory",
      region: shared_memory_region,
      offset: shared_memory_offset ?? 0,
      byte_size: shared_memory_byte_size ?? 0,
    };
  if (binary_data_size !== undefined) return { in: "body", byte_size: binary_data_size };
  return { in: "json", data };
}

function logitsOf(inputs: readonly Input[]): Input {
  const logits = inputs.find(({ name }) => name === LOGITS);
  if (logits !== undefined) return logits;
  throw new Problem("invalid_logits", "an inference needs the input logits, got none", "/inputs");
}

function rowsOf(
  { datatype, shape, pointer, place }: Input,
  scale: Scale | undefined,
  limits: WireLimits,
): RowsOf {
  const dtype = WIRE_DTYPES.find((name) => LOGITS_DATATYPES[name] === datatype);
  if (dtype === undefined)
    throw new Problem(
      "invalid_option",
      `logits must be ${alternatives(NAMED_DATATYPES)}, got ${datatype}`,
      `${pointer}/datatype`,
    );
  const encoding = encodingWith(dtype, scale, "/parameters");
  if (scale !== undefined && place.in === "json")
    throw new Problem("invalid_option", "INT8 must be sent as binary data, not in JSON", pointer);
  const vocab_size = elementsOf(encoding, shape.at(-1) ?? 0, `${pointer}/shape`);
  const steps = shape.length > 1 ? (shape[0] as number) : 1;
  const step_rows = shape.length > 2 ? (shape[1] as number) : 1;
  if (shape.length > 3 || steps === 0 || step_rows === 0 || vocab_size === 0)
    throw new Problem(
      "invalid_option",
      `the shape of logits must be [vocab_size], [rows, vocab_size] or [rows, sources, vocab_size], got [${shape.join(", ")}]`,
      `${pointer}/shape`,
    );
  requireVocabSize(vocab_size, limits, `${pointer}/shape`);
  if (steps > limits.batch_rows_max)
    throw new Problem(
      "limit_exceeded",
      `a batch may have at most ${limits.batch_rows_max} rows (batch_rows_max), got ${steps}`,
      `${pointer}/shape`,
    );
  if (step_rows > limits.options.sources_max)
    throw new Problem(
      "limit_exceeded",
      `a step may have at most ${limits.options.sources_max} sources (sources_max), got ${step_rows}`,
      `${pointer}/shape`,
    );
  return { encoding, steps, step_rows, vocab_size };
}

/** Elements of a row whose last dimension is `size`: of elements, or with scales among them, of bytes. */
function elementsOf(encoding: Encoding, size: number, pointer: string): number {
  if (ENCODINGS[encoding].scale === undefined) return size;
  requireWhole(size, encoding, pointer);
  return rowElements(encoding, size);
}

/** Tensors besides the logits wait in memory until the last of them is there. */
function requireSmall(inputs: readonly Input[], logits: Input, { json_text_bytes_max }: WireLimits): void {
  let bytes = 0;
  for (const { place } of inputs) if (place.in !== "json") bytes += place.byte_size;
  if (logits.place.in !== "json") bytes -= logits.place.byte_size;
  if (bytes > json_text_bytes_max)
    throw new Problem(
      "limit_exceeded",
      `the tensors besides logits may have at most ${json_text_bytes_max} bytes together (json_text_bytes_max), got ${bytes}`,
      "/inputs",
    );
}

/** Parameters that Triton's clients may send and that would have to be ignored here, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  sequence_id: "no sequence is kept between requests: send history, step and state, or open /v1/stream",
  sequence_start: "no sequence is kept between requests: send history, step and state, or open /v1/stream",
  sequence_end: "no sequence is kept between requests: send history, step and state, or open /v1/stream",
  priority: "there is no queue in which a request could pass another",
};

function parametersOf({ parameters }: InferRequest) {
  const { binary_data_output = false, timeout, scale, ...rest } = parameters ?? {};
  if (typeof binary_data_output !== "boolean")
    throw new Problem(
      "invalid_option",
      `binary_data_output must be true or false, got ${show(binary_data_output)}`,
      "/parameters/binary_data_output",
    );
  if (timeout !== undefined && !(Number.isSafeInteger(timeout) && (timeout as number) >= 0))
    throw new Problem(
      "invalid_option",
      `timeout must be a whole number of microseconds, got ${show(timeout)}`,
      "/parameters/timeout",
    );
  const refused = Object.keys(rest).find((name) => Object.hasOwn(REFUSED, name));
  if (refused !== undefined)
    throw new Problem(
      "unknown_option",
      `${refused} is not taken: ${REFUSED[refused]}`,
      `/parameters/${refused}`,
    );
  // 0 means the server's own limits, as with Triton; other values were found whole above.
  const timeout_us = (timeout as number | undefined) || undefined;
  if (scale !== undefined) parseWith(SCALE, scale, "/parameters/scale");
  return {
    parameters: rest,
    scale: scale as Scale | undefined, // checked above
    binary_by_default: binary_data_output,
    timeout_us,
  };
}

function outputsOf({ outputs }: InferRequest) {
  if (outputs === undefined || outputs === null || outputs.length === 0) return undefined;
  for (const [index, { name, parameters }] of outputs.entries()) {
    const pointer = `/outputs/${index}`;
    requireOutput(name, `${pointer}/name`);
    if (outputs.findIndex((each) => each.name === name) < index)
      throw new Problem(
        "option_conflict",
        `the output ${shorten(name)} may be asked for once`,
        `${pointer}/name`,
      );
    if (parameters?.classification !== undefined)
      throw new Problem(
        "invalid_option",
        `classification is not supported, got it for ${shorten(name)}: ask for the output top_logprobs`,
        `${pointer}/parameters/classification`,
      );
    if (
      parameters?.shared_memory_region !== undefined ||
      parameters?.shared_memory_byte_size !== undefined ||
      parameters?.shared_memory_offset !== undefined
    )
      throw new Problem(
        "invalid_option",
        `outputs are not written to shared memory, got a region for ${shorten(name)}: regions are opened for reading only`,
        `${pointer}/parameters`,
      );
  }
  return outputs;
}
