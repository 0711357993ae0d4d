/**
 * NumPy's npy: a header that is a Python literal, then the elements. An array of two dimensions or more holds rows
 * along the last one. An array of records, such as dtype([("target", "<i4"), ("logits", "<f4", (1000,))]), holds all
 * parts of a row together, which a pipe needs. Source: numpy/lib/format.py, versions 1 to 3.
 */
import type { Bytes } from "./bytes.ts";
import { type Field, openColumns, type Records } from "./columns.ts";
import { type Dtype, ELEMENT_BYTES } from "./elements.ts";
import { type Literal, parseLiteral } from "./python-literal.ts";
import { PARTS, partsOf, requireRowsOf, type Shard, type ShardOptions } from "./shard.ts";

export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** Bytes of a header for a record of some thousand fields. NumPy itself reads at most 10,000 by default. */
const HEADER_BYTES_MAX = 2 ** 17;
/** Magic, version, and a length of 2 bytes, or of 4 from version 2 on. */
const START_BYTES = 10;

const DTYPES: Readonly<Record<string, Dtype>> = {
  f8: "f64",
  f4: "f32",
  f2: "f16",
  i8: "i64",
  u8: "u64",
  i4: "i32",
  u4: "u32",
  i2: "i16",
  u2: "u16",
  i1: "i8",
  u1: "u8",
};

interface Header {
  readonly shape: readonly number[];
  /** the type of the elements, or the fields of the records */
  readonly elements: string | readonly NpyField[];
}

interface NpyField {
  readonly name: string;
  /** as numpy writes it: <f4 */
  readonly type: string;
  /** shape of the field in one record; [] for a single element */
  readonly shape: readonly number[];
}

/** The rows after this header; `targets` is a file with their classes. */
export function openNpy(
  bytes: Bytes,
  options: ShardOptions,
  targets: Bytes | undefined,
  close: () => void,
): Shard {
  const header = readHeader(bytes);
  const along = rowShapeOf(header);
  const rows = productOf(along);
  const records =
    typeof header.elements === "string"
      ? rowsAlone(bytes, header.shape, header.elements)
      : recordsOf(bytes, header.elements);
  const sources = targets === undefined ? [records] : [records, targetsOf(targets, along)];
  return openColumns(sources, rows, options, close);
}

/** The dimensions along which rows lie. An array without elements may have none: np.array([]) has shape (0,). */
function rowShapeOf({ shape, elements }: Header): readonly number[] {
  if (typeof elements !== "string") return shape;
  if (shape.length >= 2) return shape.slice(0, -1);
  if (shape[0] === 0) return shape;
  throw new Error(`must have a shape of [rows, classes] or more, got [${shape.join(", ")}]`);
}

function rowsAlone(bytes: Bytes, shape: readonly number[], type: string): Records {
  const dtype = dtypeOf(type);
  const per_row = shape.at(-1) ?? 0;
  const record_bytes = per_row * ELEMENT_BYTES[dtype];
  return { bytes, record_bytes, fields: [{ part: "logits", dtype, per_row, offset: 0 }] };
}

function recordsOf(bytes: Bytes, fields: readonly NpyField[]): Records {
  const names = fields.map(({ name }) => name);
  const parts = partsOf(names);
  if (parts.size === 0)
    throw new Error(`has none of the fields ${PARTS.join(", ")}, got ${names.join(", ")}`);
  const known: Field[] = [];
  let offset = 0;
  for (const { name, type, shape } of fields) {
    const count = productOf(shape);
    for (const [part, named] of parts) {
      if (named !== name) continue;
      if (shape.length > 1)
        throw new Error(
          `has ${name} of shape [${shape.join(", ")}] in each record: a row must be one list of numbers`,
        );
      known.push({ part, dtype: dtypeOf(type), per_row: count, offset });
    }
    offset += count * bytesOf(type);
  }
  return { bytes, record_bytes: offset, fields: known };
}

/** One class per row: in the shape of the rows, or as a flat list. */
function targetsOf(bytes: Bytes, along: readonly number[]): Records {
  const { shape, elements } = readHeader(bytes);
  if (typeof elements !== "string") throw new Error("targets must be an array of whole numbers, got records");
  requireRowsOf("targets", shape, along, "one");
  const dtype = dtypeOf(elements);
  const field: Field = { part: "target", dtype, per_row: 1, offset: 0 };
  return { bytes, record_bytes: ELEMENT_BYTES[dtype], fields: [field] };
}

/** Parses the header once all of it has arrived: a pipe may hold only its beginning. */
function readHeader(bytes: Bytes): Header {
  const start = bytes.peek(START_BYTES);
  const major = start[6] ?? 0;
  if (!NPY_MAGIC.every((byte, i) => start[i] === byte) || major < 1 || major > 3)
    throw new Error("is no npy file of version 1 to 3");
  const text_at = START_BYTES + (major === 1 ? 0 : 2);
  const size = bytes.peek(text_at).slice(8);
  const length = size.reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  if (length > HEADER_BYTES_MAX)
    throw new Error(`has a header of ${length} bytes, at most ${HEADER_BYTES_MAX} are read`);
  const header = bytes.peek(text_at + length);
  if (header.length < text_at + length) throw new Error("ends in its header");
  const parsed = parseHeader(new TextDecoder().decode(header.subarray(text_at)));
  bytes.take(text_at + length);
  return parsed;
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (10, 1000), }` */
function parseHeader(text: string): Header {
  const literal = parseLiteral(text);
  const header = literal instanceof Map ? (literal as ReadonlyMap<string, Literal>) : undefined;
  const shape = shapeOf(header?.get("shape"));
  const elements = elementsOf(header?.get("descr"));
  if (shape === undefined || elements === undefined)
    throw new Error(`has a header that is not understood: ${shown(text)}`);
  if (header?.get("fortran_order") !== false)
    throw new Error("is in Fortran order, where rows lie scattered: save np.ascontiguousarray(…)");
  return { shape, elements };
}

function elementsOf(descr: Literal | undefined): string | readonly NpyField[] | undefined {
  if (typeof descr === "string") return descr;
  if (!Array.isArray(descr)) return undefined;
  const fields = (descr as readonly Literal[]).map(fieldOf);
  return fields.every((field) => field !== undefined) ? fields : undefined;
}

/** `('logits', '<f4', (1000,))`. A title may precede the name, and a type may be records again. */
function fieldOf(field: Literal): NpyField | undefined {
  if (!Array.isArray(field)) return undefined;
  const [named, type, shape] = field as readonly Literal[];
  const name = Array.isArray(named) ? (named as readonly Literal[])[1] : named;
  const lengths = shape === undefined ? [] : shapeOf(shape);
  if (typeof name !== "string" || lengths === undefined) return undefined;
  if (typeof type === "string") return { name, type, shape: lengths };
  throw new Error(`has records in records, as ${name}: a field must hold numbers`);
}

function shapeOf(literal: Literal | undefined): readonly number[] | undefined {
  const lengths = typeof literal === "number" ? [literal] : literal;
  if (!Array.isArray(lengths)) return undefined;
  const is_shape = (lengths as readonly Literal[]).every(
    (length) => Number.isSafeInteger(length) && (length as number) >= 0,
  );
  return is_shape && Number.isSafeInteger(productOf(lengths as number[])) ? (lengths as number[]) : undefined;
}

function dtypeOf(type: string): Dtype {
  const [order, name] = [type[0], type.slice(1)];
  const dtype = Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
  if (dtype !== undefined && (order === "<" || order === "|" || ELEMENT_BYTES[dtype] === 1)) return dtype;
  throw new Error(
    `has elements of type ${shown(type)}; known are ${Object.keys(DTYPES)
      .map((each) => `<${each}`)
      .join(", ")}`,
  );
}

/** Bytes of an element that is skipped: U4 is four characters of four bytes, V3 is padding. */
function bytesOf(type: string): number {
  const [, kind = "", digits = ""] = /^[<>|=]?([biufcSUVmM])(\d{1,9})(?:\[[^\]]*\])?$/.exec(type) ?? [];
  if (kind === "") throw new Error(`has a field of type ${shown(type)}, whose size is not known`);
  return Number(digits) * (kind === "U" ? 4 : 1);
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function shown(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= 200 ? trimmed : `${trimmed.slice(0, 199)}…`;
}
