/**
 * safetensors: the length of a header, its JSON, and the bytes of the named tensors. `logits` has two dimensions or
 * more, with rows along the last one; `target` or `targets` has a class for each row. Source: huggingface/safetensors,
 * README.
 */
import { Bytes } from "./bytes.ts";
import { openColumns, type Records } from "./columns.ts";
import { type Dtype, ELEMENT_BYTES } from "./elements.ts";
import {
  isSingle,
  PARTS,
  type Part,
  partsOf,
  requireRowsOf,
  type Shard,
  type ShardOptions,
} from "./shard.ts";

/** Maximum bytes of a header: that of some thirty thousand tensors. */
const HEADER_BYTES_MAX = 2 ** 22;
/** Maximum depth: the header is an object of objects with arrays of numbers. */
const HEADER_DEPTH_MAX = 3;

const DTYPES: Readonly<Record<string, Dtype>> = {
  F64: "f64",
  F32: "f32",
  F16: "f16",
  BF16: "bf16",
  I64: "i64",
  U64: "u64",
  I32: "i32",
  U32: "u32",
  I16: "i16",
  U16: "u16",
  I8: "i8",
  U8: "u8",
};

interface Tensor {
  readonly name: string;
  readonly part: Part;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export function openSafetensors(file: number, size: number, options: ShardOptions, close: () => void): Shard {
  const start = new Bytes(file, 0);
  const view = new DataView(start.take(8).slice().buffer);
  const length = view.byteLength === 8 ? Number(view.getBigUint64(0, true)) : Number.NaN;
  if (!(length <= HEADER_BYTES_MAX))
    throw new Error(`is no safetensors file that is read: its header would have ${length} bytes`);
  if (8 + length > size) throw new Error("ends in its header");
  const tensors = tensorsOf(new TextDecoder().decode(start.take(length)));
  for (const { name, end } of tensors)
    if (8 + length + end > size) throw new Error(`ends in the tensor ${name}`);
  const along = rowShapeOf(tensors);
  const sources = tensors.map((tensor) => recordsOf(file, 8 + length, tensor, along));
  return openColumns(
    sources,
    along.reduce((product, each) => product * each, 1),
    options,
    close,
  );
}

function tensorsOf(text: string): Tensor[] {
  const header = headerOf(text);
  const tensors = [...partsOf(Object.keys(header))].map(([part, name]) => tensorOf(name, part, header[name]));
  if (tensors.length === 0)
    throw new Error(`has none of the tensors ${PARTS.join(", ")}, got ${namesOf(header)}`);
  return tensors;
}

function headerOf(text: string): Readonly<Record<string, unknown>> {
  if (depthOf(text) > HEADER_DEPTH_MAX)
    throw new Error("is no safetensors file: its header is nested too deeply");
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new Error("is no safetensors file: its header is no JSON");
  }
  if (typeof header === "object" && header !== null) return header as Readonly<Record<string, unknown>>;
  throw new Error("is no safetensors file: its header is no object");
}

/** The depth of nested brackets, without those in strings. */
function depthOf(json: string): number {
  let deepest = 0;
  let depth = 0;
  let is_text = false;
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i);
    if (c === 0x22) is_text = !is_text;
    else if (is_text) i += c === 0x5c ? 1 : 0;
    else if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x5d || c === 0x7d) depth -= 1;
  }
  return deepest;
}

function namesOf(header: object): string {
  const names = Object.keys(header);
  return names.length <= 20
    ? names.join(", ")
    : `${names.slice(0, 20).join(", ")} and ${names.length - 20} more`;
}

function tensorOf(name: string, part: Part, told: unknown): Tensor {
  const { dtype: type, shape, data_offsets } = (told ?? {}) as Readonly<Record<string, unknown>>; // checked below
  const dtype = typeof type === "string" && Object.hasOwn(DTYPES, type) ? DTYPES[type] : undefined;
  if (dtype === undefined)
    throw new Error(`has ${name} of type ${String(type)}; known are ${Object.keys(DTYPES).join(", ")}`);
  const [begin, end] = wholes(data_offsets, name);
  const lengths = wholes(shape, name);
  const bytes = lengths.reduce((product, length) => product * length, ELEMENT_BYTES[dtype]);
  if (begin === undefined || end === undefined || end - begin !== bytes)
    throw new Error(`has ${name} of shape [${lengths.join(", ")}], which is ${bytes} bytes, in others`);
  return { name, part, dtype, shape: lengths, begin, end };
}

function wholes(list: unknown, name: string): number[] {
  if (Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0))
    return list as number[];
  throw new Error(`describes ${name} in a way that is not understood`);
}

/** All dimensions but the last of the tensor with the rows. */
function rowShapeOf(tensors: readonly Tensor[]): readonly number[] {
  const widest = tensors.find(({ part }) => part === "logits" || part === "token_ids");
  if (widest === undefined) throw new Error("holds no rows: it has neither logits nor token_ids");
  const { part, shape } = widest;
  if (shape.length >= 2) return shape.slice(0, -1);
  if (shape[0] === 0) return shape;
  throw new Error(`must have ${part} of shape [rows, classes] or more, got [${shape.join(", ")}]`);
}

function recordsOf(
  file: number,
  data: number,
  { name, part, dtype, shape, begin, end }: Tensor,
  along: readonly number[],
): Records {
  // In a file without rows a tensor may have any number of dimensions.
  if (shape[0] !== 0) requireRowsOf(name, shape, along, isSingle(part) ? "one" : "list");
  const per_row = isSingle(part) ? 1 : (shape.at(-1) ?? 0);
  return {
    bytes: new Bytes(file, data + begin, data + end),
    record_bytes: per_row * ELEMENT_BYTES[dtype],
    fields: [{ part, dtype, per_row, offset: 0 }],
  };
}
