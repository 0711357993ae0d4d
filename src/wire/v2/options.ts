/**
 * The options of each row of an inference. An option is a parameter, which holds for all rows, or an input tensor. A
 * tensor has one element for all rows or one for each row; an option that is a list has one list for all rows, or one
 * for each row, padded with −1. The schema of step options checks the values.
 */
import { Buffer } from "node:buffer";
import { Problem, show } from "../../errors.ts";
import { STEP_OPTIONS } from "../../sampling/options/step-options.ts";
import { VERIFY_OPTIONS } from "../../sampling/verify/options.ts";
import { jsonSchemaOf, propertiesOf } from "../../schemas/options.ts";
import type { Datatype } from "../../schemas/v2.ts";
import type { Element } from "./datatypes.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** An input besides the logits, with its elements. */
export interface SideTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly elements: readonly Element[];
  /** leads to the input */
  readonly pointer: string;
}

/** The type of an option: a value, a list of token ids, or JSON text. */
type Kind = "scalar" | "ids" | "json";

const VERIFY_PROPERTIES = propertiesOf(jsonSchemaOf(VERIFY_OPTIONS));

/** The options that an inference has because it is a draft. */
export const VERIFY_NAMES: ReadonlySet<string> = new Set(Object.keys(VERIFY_PROPERTIES));

/** The rows of a drafter as a sparse matrix, in three inputs that go together. */
export const DRAFT_SETS = ["draft_offsets", "draft_ids", "draft_values"] as const;

const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries({ ...propertiesOf(jsonSchemaOf(STEP_OPTIONS)), ...VERIFY_PROPERTIES }).map(
    ([name, schema]) => [name, kindOf(schema)],
  ),
);

function kindOf(schema: Fields): Kind {
  const types = typesOf(schema);
  if (types.includes("object")) return "json";
  if (!types.includes("array")) return "scalar";
  return typesOf((schema["items"] ?? {}) as Fields).includes("integer") ? "ids" : "json";
}

function typesOf({ type }: Fields): readonly unknown[] {
  return [type].flat();
}

/** Options with two types: a word or number, or an object. */
const ALSO_JSON: ReadonlySet<string> = new Set(["state"]);

const BIAS_IDS = "logit_bias_ids";
const BIAS_VALUES = "logit_bias_values";
const BITMASK = "token_bitmask";

/** Names that inputs besides the logits may have. */
export const SIDE_NAMES: ReadonlySet<string> = new Set([
  ...KINDS.keys(),
  BIAS_IDS,
  BIAS_VALUES,
  ...DRAFT_SETS,
]);

/** The options in /v1's form: those of all rows, and those of each row. */
export interface RowOptions {
  readonly shared: Fields;
  /** undefined: no row has options of its own */
  readonly own: ((row: number) => Fields) | undefined;
}

export function rowOptions(
  parameters: Fields,
  tensors: readonly SideTensor[],
  row_count: number,
): RowOptions {
  const shared = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, parameterOf(name, value)]),
  );
  const twice = tensors.find(({ name }) => name in shared);
  if (twice !== undefined) throw conflict(twice.name, `is a parameter and an input`);
  const plain = tensors.filter(({ name }) => name !== BIAS_IDS && name !== BIAS_VALUES);
  const columns = plain.map((tensor) => [tensor.name, column(tensor, row_count)] as const);
  const bias = biasColumn(tensors, row_count);
  if (bias !== undefined && "logit_bias" in shared) throw conflict("logit_bias", "is given twice");
  if (bias !== undefined) columns.push(["logit_bias", bias]);
  const of_all = columns.filter(([, { is_shared }]) => is_shared);
  const of_each = columns.filter(([, { is_shared }]) => !is_shared);
  return {
    shared: { ...shared, ...valuesAt(of_all, 0) },
    own: of_each.length === 0 ? undefined : (row) => valuesAt(of_each, row),
  };
}

function valuesAt(columns: readonly (readonly [string, Column])[], row: number): Fields {
  return Object.fromEntries(columns.map(([name, { at }]) => [name, at(row)]));
}

function conflict(name: string, what: string): Problem {
  return new Problem("option_conflict", `${name} ${what}`, `/${name}`);
}

/** Parameters of Triton's clients are texts, numbers and booleans, so lists and objects come as JSON text. */
function parameterOf(name: string, value: unknown): unknown {
  const kind = KINDS.get(name);
  if (typeof value !== "string" || kind === undefined) return value;
  if (kind === "scalar" && !ALSO_JSON.has(name)) return value;
  return fromJson(name, value);
}

function fromJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem("invalid_option", `${name} must be JSON text, got ${show(text)}`, `/${name}`);
  }
}

/** The values of one option. */
interface Column<Value = unknown> {
  at(row: number): Value;
  /** whether all rows have the same value */
  readonly is_shared: boolean;
}

function mapped<From, To>({ at, is_shared }: Column<From>, map: (value: From) => To): Column<To> {
  return { at: (row) => map(at(row)), is_shared };
}

function column(tensor: SideTensor, row_count: number): Column {
  const { name, datatype } = tensor;
  const kind = KINDS.get(name);
  if (datatype !== "BYTES" && kind === "ids") return lists(tensor, row_count);
  if (datatype !== "BYTES" && name === BITMASK) return bitmasks(tensor, row_count);
  const values = scalars(tensor, row_count);
  return datatype === "BYTES" ? mapped(values, (value) => parameterOf(name, value)) : values;
}

/** One element, or one for each row. */
function scalars({ name, shape, elements, pointer }: SideTensor, row_count: number): Column {
  const fits = shape.length <= 2 && shape.slice(1).every((size) => size === 1);
  if (fits && elements.length === 1) return { at: () => elements[0], is_shared: true };
  if (fits && elements.length === row_count) return { at: (row) => elements[row], is_shared: false };
  const shapes = row_count === 1 ? "[1]" : `[1] or [${row_count}]`;
  throw new Problem(
    "length_mismatch",
    `the shape of ${name} must be ${shapes}, or the same with a 1 behind it, got [${shape.join(", ")}]`,
    `${pointer}/shape`,
  );
}

/** One list, or one for each row. */
function parts(
  { name, shape, elements, pointer }: SideTensor,
  row_count: number,
): Column<readonly Element[]> {
  const [first = 1, length = first] = shape;
  if (shape.length === 1 || (shape.length === 2 && first === 1))
    return { at: () => elements, is_shared: true };
  if (shape.length === 2 && first === row_count)
    return { at: (row) => elements.slice(row * length, (row + 1) * length), is_shared: false };
  throw new Problem(
    "length_mismatch",
    `the shape of ${name} must be [length] or [${row_count}, length], got [${shape.join(", ")}]`,
    `${pointer}/shape`,
  );
}

/** Lists in which −1 is no padding: it is the parent of a token after the history. */
const UNPADDED: ReadonlySet<string> = new Set(["parents"]);

function lists(tensor: SideTensor, row_count: number): Column {
  if (UNPADDED.has(tensor.name)) return parts(tensor, row_count);
  return mapped(parts(tensor, row_count), (elements) => elements.filter(isPresent));
}

/** Shorter lists are padded with −1. */
function isPresent(element: Element): boolean {
  return element !== PADDING;
}

export const PADDING = -1;

/** 32-bit words, as in xgrammar and llguidance. */
function bitmasks(tensor: SideTensor, row_count: number): Column {
  const { name, datatype, pointer } = tensor;
  if (datatype !== "INT32" && datatype !== "UINT32")
    throw new Problem(
      "invalid_option",
      `${name} must be INT32 or UINT32 words, or BYTES of base64, got ${datatype}`,
      `${pointer}/datatype`,
    );
  return mapped(parts(tensor, row_count), (words) =>
    Buffer.from(Int32Array.from(words, Number).buffer).toString("base64"),
  );
}

/** The `logit_bias` object, from its ids and its values. */
function biasColumn(tensors: readonly SideTensor[], row_count: number): Column | undefined {
  const ids = tensors.find(({ name }) => name === BIAS_IDS);
  const values = tensors.find(({ name }) => name === BIAS_VALUES);
  if (ids === undefined && values === undefined) return undefined;
  if (ids === undefined || values === undefined)
    throw conflict("logit_bias", `needs both ${BIAS_IDS} and ${BIAS_VALUES}`);
  if (ids.shape.join() !== values.shape.join())
    throw new Problem(
      "length_mismatch",
      `${BIAS_IDS} and ${BIAS_VALUES} must be of one shape, got [${ids.shape.join(", ")}] and [${values.shape.join(", ")}]`,
      `${values.pointer}/shape`,
    );
  const ids_of = parts(ids, row_count);
  const values_of = parts(values, row_count);
  const at = (row: number) => {
    const biases = values_of.at(row);
    const entries = ids_of.at(row).map((id, index) => [String(id), biasOf(biases[index])] as const);
    return distinct(entries.filter(([id]) => id !== String(PADDING)));
  };
  return { at, is_shared: ids_of.is_shared };
}

function distinct(entries: readonly (readonly [string, unknown])[]): Fields {
  const fields = Object.fromEntries(entries);
  if (Object.keys(fields).length === entries.length) return fields;
  throw conflict("logit_bias", `has a token twice in ${BIAS_IDS}`);
}

function biasOf(value: Element | undefined): unknown {
  return value === Number.NEGATIVE_INFINITY ? "-inf" : value;
}
