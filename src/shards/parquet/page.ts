/**
 * A page of a column: its numbers, in typed arrays, and where its rows begin. hyparquet reads what surrounds them, and
 * its own way of making an object of every list would cost twenty times what the numbers do.
 */
import type { ColumnMetaData, Compressors, PageHeader } from "hyparquet";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { type Dtype, decodeFloats, decodeNumbers, ELEMENT_BYTES } from "../elements.ts";
import { bitsOf, readRuns } from "./levels.ts";

/** What the pages of a column have in common. */
export interface Column {
  readonly name: string;
  readonly meta: ColumnMetaData;
  readonly dtype: Dtype;
  readonly repetition_max: number;
  readonly definition_max: number;
  /** from this definition level on there is an element, though it may be null */
  readonly element_level: number;
  readonly compressors: Compressors;
}

export type Numbers = Float32Array | Float64Array | Int32Array;

export interface Page {
  /** one place for every level: NaN where an element is null, or where there is none */
  readonly numbers: Numbers;
  /** 0 where a row begins; undefined: everywhere */
  readonly repetition: Uint8Array | undefined;
  /** definition levels where any of them is not the highest */
  readonly definition: Uint8Array | undefined;
}

/** The body of a page without what surrounds it. */
interface Body {
  readonly count: number;
  readonly encoding: string;
  readonly repetition: Uint8Array | undefined;
  /** undefined where all are the highest */
  readonly definition: Uint8Array | undefined;
  readonly values: Uint8Array;
}

export function readPage(
  column: Column,
  header: PageHeader,
  compressed: Uint8Array,
  dictionary: Numbers | undefined,
): Page {
  const body = bodyOf(column, header, compressed);
  const { count, repetition, definition } = body;
  if (definition === undefined)
    return { numbers: valuesOf(column, body, count, dictionary), repetition, definition };
  const { definition_max } = column;
  let present = 0;
  for (let i = 0; i < count; i++) if (definition[i] === definition_max) present += 1;
  const packed = valuesOf(column, body, present, dictionary);
  return { numbers: spread(packed, definition, definition_max), repetition, definition };
}

/** The numbers of a dictionary page. */
export function readDictionary(column: Column, header: PageHeader, compressed: Uint8Array): Numbers {
  const count = header.dictionary_page_header?.num_values ?? 0;
  return plain(column.dtype, decompress(column, header.uncompressed_page_size, compressed), count);
}

function bodyOf(column: Column, header: PageHeader, compressed: Uint8Array): Body {
  const { data_page_header: first, data_page_header_v2: second } = header;
  if (first !== undefined) {
    const bytes = decompress(column, header.uncompressed_page_size, compressed);
    return bodyOfFirst(column, bytes, first.num_values, first.encoding);
  }
  if (second === undefined) throw new Error(`a page of ${column.name} is of an unknown kind, ${header.type}`);
  const repetition_bytes = second.repetition_levels_byte_length;
  const levels_bytes = repetition_bytes + second.definition_levels_byte_length;
  const packed = compressed.subarray(levels_bytes);
  const values_bytes = header.uncompressed_page_size - levels_bytes;
  const is_compressed = second.is_compressed !== false && values_bytes > 0;
  return {
    count: second.num_values,
    encoding: second.encoding,
    repetition: levels(compressed, 0, column.repetition_max, second.num_values)?.values,
    definition: unlessHighest(
      levels(compressed, repetition_bytes, column.definition_max, second.num_values),
      column,
    ),
    values: is_compressed ? decompress(column, values_bytes, packed) : packed.slice(),
  };
}

/** Pages of the first kind have levels of their own length before the values, all compressed together. */
function bodyOfFirst(column: Column, bytes: Uint8Array, count: number, encoding: string): Body {
  let at = 0;
  const next = (max: number) => {
    if (max === 0) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    const read = levels(bytes, at + 4, max, count);
    at += 4 + length;
    return read;
  };
  const repetition = next(column.repetition_max)?.values;
  const definition = unlessHighest(next(column.definition_max), column);
  return { count, encoding, repetition, definition, values: bytes.subarray(at) };
}

interface Levels {
  readonly values: Uint8Array;
  readonly is_one: boolean;
}

function levels(bytes: Uint8Array, from: number, max: number, count: number): Levels | undefined {
  if (max === 0) return undefined;
  const values = new Uint8Array(count);
  return { values, is_one: readRuns(bytes, from, bitsOf(max), values) };
}

function unlessHighest(found: Levels | undefined, { definition_max }: Column): Uint8Array | undefined {
  if (found === undefined || (found.is_one && found.values[0] === definition_max)) return undefined;
  return found.values;
}

/** In memory of its own: what was read lies in a buffer that the next page is read into. */
function decompress({ meta, compressors }: Column, bytes: number, compressed: Uint8Array): Uint8Array {
  if (meta.codec === "UNCOMPRESSED") return compressed.slice();
  return decompressPage(compressed, bytes, meta.codec, compressors);
}

type Decode = (column: Column, values: Uint8Array, count: number, dictionary: Numbers | undefined) => Numbers;

const DECODERS: Readonly<Record<string, Decode>> = {
  PLAIN: ({ dtype }, values, count) => plain(dtype, values, count),
  PLAIN_DICTIONARY: gather,
  RLE_DICTIONARY: gather,
  BYTE_STREAM_SPLIT({ meta, dtype }, values, count) {
    const width = ELEMENT_BYTES[dtype];
    const type = meta.type;
    const read = byteStreamSplit({ view: viewOf(values), offset: 0 }, count, type, width);
    return ArrayBuffer.isView(read) && !(read instanceof BigInt64Array)
      ? (read as Numbers) // of the types that dtypeOf lets through
      : plain(dtype, bytesOf(read, width), count);
  },
  DELTA_BINARY_PACKED({ meta }, values, count) {
    const read = meta.type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack({ view: viewOf(values), offset: 0 }, count, read);
    return read instanceof Int32Array ? read : Float64Array.from(read, Number);
  },
};

function valuesOf(column: Column, body: Body, count: number, dictionary: Numbers | undefined): Numbers {
  const decode = Object.hasOwn(DECODERS, body.encoding) ? DECODERS[body.encoding] : undefined;
  if (decode === undefined)
    throw new Error(
      `${column.name} is encoded as ${body.encoding}; read are ${Object.keys(DECODERS).join(", ")}`,
    );
  return decode(column, body.values, count, dictionary);
}

function plain(dtype: Dtype, values: Uint8Array, count: number): Numbers {
  const bytes = values.subarray(0, count * ELEMENT_BYTES[dtype]);
  if (bytes.length < count * ELEMENT_BYTES[dtype])
    throw new Error(`a page must hold ${count} values of ${dtype}, got ${bytes.length} bytes`);
  if (dtype === "i32" || dtype === "i64") {
    const numbers = decodeNumbers(bytes, dtype);
    return numbers instanceof Int32Array ? numbers : Float64Array.from(numbers);
  }
  return decodeFloats(bytes, dtype);
}

function gather(
  _column: Column,
  values: Uint8Array,
  count: number,
  dictionary: Numbers | undefined,
): Numbers {
  if (dictionary === undefined) throw new Error("a page refers to a dictionary, but there is none");
  const indices = new Int32Array(count);
  const width = values[0] ?? 0;
  if (width > 0) readRuns(values, 1, width, indices);
  const numbers = new (dictionary.constructor as new (length: number) => Numbers)(count); // one of the three
  for (let i = 0; i < count; i++) numbers[i] = dictionary[indices[i]!] ?? Number.NaN;
  return numbers;
}

/** The numbers at the places of the elements that are there. */
function spread(packed: Numbers, definition: Uint8Array, definition_max: number): Numbers {
  const numbers =
    packed instanceof Float32Array
      ? new Float32Array(definition.length)
      : new Float64Array(definition.length);
  let at = 0;
  for (let i = 0; i < definition.length; i++)
    numbers[i] = definition[i] === definition_max ? packed[at++]! : Number.NaN;
  return numbers;
}

/** Elements that were split into arrays of bytes, one behind the other. */
function bytesOf(read: ArrayLike<unknown>, width: number): Uint8Array {
  if (read instanceof BigInt64Array) return new Uint8Array(read.buffer, read.byteOffset, read.byteLength);
  const bytes = new Uint8Array(read.length * width);
  for (let i = 0; i < read.length; i++) bytes.set(read[i] as Uint8Array, i * width);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength); // never shared
}
