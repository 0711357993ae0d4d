/**
 * A page of a column: its numbers in typed arrays, and the beginnings of its rows. hyparquet reads the parts around
 * them; its own reader makes an object for every list, which takes twenty times as long as the numbers.
 */
import type { PageHeader } from "hyparquet";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { readVarInt } from "hyparquet/src/thrift.js";
import { type Dtype, decodeFloats, decodeNumbers, ELEMENT_BYTES } from "../elements.ts";
import { decompressed } from "./codecs.ts";
import type { Column } from "./columns.ts";
import { bitsOf, readRuns } from "./levels.ts";

/**
 * Maximum values of a page. A page of a few bytes may claim any number of values, and all of them are made. Writers
 * make pages of some MB.
 */
const VALUES_MAX = 2 ** 25;
const PAGE_BYTES_MAX = 2 ** 28;

/** A page as it is in the file. */
export interface PackedPage {
  readonly header: PageHeader;
  /** of its row group */
  readonly codec: string;
  /** valid until the next page is taken */
  readonly bytes: Uint8Array;
}

export type Numbers = Float32Array | Float64Array | Int32Array;

export interface Page {
  /** one entry for every level: NaN where an element is null or absent */
  readonly numbers: Numbers;
  /** 0 where a row begins; undefined: every value is a row */
  readonly repetition: Uint8Array | undefined;
  /** definition levels, when not all are the highest */
  readonly definition: Uint8Array | undefined;
}

/** The body of a page: levels and values. */
interface Body {
  readonly count: number;
  readonly encoding: string;
  readonly repetition: Uint8Array | undefined;
  /** undefined when all are the highest */
  readonly definition: Uint8Array | undefined;
  readonly values: Uint8Array;
}

export function readPage(column: Column, packed: PackedPage, dictionary: Numbers | undefined): Page {
  const body = bodyOf(column, packed);
  const { count, repetition, definition } = body;
  if (definition === undefined)
    return { numbers: valuesOf(column, body, count, dictionary), repetition, definition };
  const { definition_max } = column;
  let present = 0;
  for (let i = 0; i < count; i++) if (definition[i] === definition_max) present += 1;
  const values = valuesOf(column, body, present, dictionary);
  return { numbers: spread(values, definition, definition_max), repetition, definition };
}

/** The numbers of a dictionary page. */
export function readDictionary(column: Column, { header, codec, bytes }: PackedPage): Numbers {
  const count = countOf(header.dictionary_page_header?.num_values);
  return plain(column.dtype, decompressed(codec, bytes, bytesIn(header.uncompressed_page_size)), count);
}

/** Throws an Error when a page claims more bytes than any writer puts into one. */
export function bytesIn(told: number): number {
  if (Number.isInteger(told) && told >= 0 && told <= PAGE_BYTES_MAX) return told;
  throw new Error(`it tells of ${told} bytes, at most ${PAGE_BYTES_MAX} are read`);
}

function countOf(told: number | undefined): number {
  if (told !== undefined && told >= 0 && told <= VALUES_MAX) return told;
  throw new Error(`it tells of ${told} values, at most ${VALUES_MAX} are read`);
}

function bodyOf(column: Column, { header, codec, bytes }: PackedPage): Body {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const page_bytes = bytesIn(header.uncompressed_page_size);
  if (first !== undefined)
    return bodyOfFirst(
      column,
      decompressed(codec, bytes, page_bytes),
      countOf(first.num_values),
      first.encoding,
    );
  if (second === undefined) throw new Error(`it is of an unknown kind, ${header.type}`);
  const count = countOf(second.num_values);
  const repetition_bytes = bytesIn(second.repetition_levels_byte_length);
  const levels_bytes = repetition_bytes + bytesIn(second.definition_levels_byte_length);
  if (levels_bytes > bytes.length || levels_bytes > page_bytes) throw new Error("it ends within its levels");
  const values = bytes.subarray(levels_bytes);
  const is_packed = second.is_compressed !== false && page_bytes > levels_bytes;
  return {
    count,
    encoding: second.encoding,
    repetition: levels(bytes.subarray(0, repetition_bytes), column.repetition_max, count)?.values,
    definition: unlessHighest(
      levels(bytes.subarray(repetition_bytes, levels_bytes), column.definition_max, count),
      column,
    ),
    values: decompressed(is_packed ? codec : "UNCOMPRESSED", values, page_bytes - levels_bytes),
  };
}

/** In pages of version 1 the levels have their own lengths, precede the values, and are compressed with them. */
function bodyOfFirst(column: Column, bytes: Uint8Array, count: number, encoding: string): Body {
  let at = 0;
  const next = (max: number) => {
    if (max === 0) return undefined;
    if (at + 4 > bytes.length) throw new Error("it ends within its levels");
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    const read = levels(bytes.subarray(at + 4, at + 4 + length), max, count);
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

function levels(bytes: Uint8Array, max: number, count: number): Levels | undefined {
  if (max === 0) return undefined;
  const values = new Uint8Array(count);
  return { values, is_one: readRuns(bytes, 0, bitsOf(max), values) };
}

function unlessHighest(found: Levels | undefined, { definition_max }: Column): Uint8Array | undefined {
  if (found === undefined || (found.is_one && found.values[0] === definition_max)) return undefined;
  return found.values;
}

type Decode = (column: Column, values: Uint8Array, count: number, dictionary: Numbers | undefined) => Numbers;

const DECODERS: Readonly<Record<string, Decode>> = {
  PLAIN: ({ dtype }, values, count) => plain(dtype, values, count),
  PLAIN_DICTIONARY: gather,
  RLE_DICTIONARY: gather,
  BYTE_STREAM_SPLIT: ({ dtype }, values, count) => plain(dtype, joinedStreams(values, count, dtype), count),
  DELTA_BINARY_PACKED: ({ dtype }, values, count) => deltas(dtype, values, count),
};

function valuesOf(column: Column, body: Body, count: number, dictionary: Numbers | undefined): Numbers {
  const decode = Object.hasOwn(DECODERS, body.encoding) ? DECODERS[body.encoding] : undefined;
  if (decode === undefined)
    throw new Error(`it is encoded as ${body.encoding}; read are ${Object.keys(DECODERS).join(", ")}`);
  return decode(column, body.values, count, dictionary);
}

function plain(dtype: Dtype, values: Uint8Array, count: number): Numbers {
  const bytes = values.subarray(0, count * ELEMENT_BYTES[dtype]);
  if (bytes.length < count * ELEMENT_BYTES[dtype])
    throw new Error(`it must hold ${count} values of ${dtype}, got ${bytes.length} bytes`);
  if (dtype !== "i32") return decodeFloats(bytes, dtype);
  const numbers = decodeNumbers(bytes, dtype);
  return numbers instanceof Int32Array ? numbers : Float64Array.from(numbers);
}

function gather(
  _column: Column,
  values: Uint8Array,
  count: number,
  dictionary: Numbers | undefined,
): Numbers {
  if (dictionary === undefined) throw new Error("it refers to a dictionary, but there is none");
  const indices = new Int32Array(count);
  const width = values[0] ?? 0;
  if (width > 32) throw new Error(`it has places of ${width} bits in a dictionary`);
  if (width > 0) readRuns(values, 1, width, indices);
  const numbers = new (dictionary.constructor as new (length: number) => Numbers)(count); // one of the three
  for (let i = 0; i < count; i++) {
    const number = dictionary[indices[i]!];
    if (number === undefined)
      throw new Error(`it refers to place ${indices[i]! >>> 0} of a dictionary of ${dictionary.length}`);
    numbers[i] = number;
  }
  return numbers;
}

/** Byte-stream split: the first bytes of all values, then all second bytes, and so on. */
function joinedStreams(values: Uint8Array, count: number, dtype: Dtype): Uint8Array {
  const width = ELEMENT_BYTES[dtype];
  if (values.length < count * width)
    throw new Error(`it must hold ${count} values of ${dtype}, got ${values.length} bytes`);
  const bytes = new Uint8Array(count * width);
  for (let b = 0; b < width; b++)
    for (let i = 0, from = b * count, to = b; i < count; i++, to += width) bytes[to] = values[from + i]!;
  return bytes;
}

/** Maximum miniblocks in a block; writers make 4. */
const MINIBLOCKS_MAX = 1024;

function deltas(dtype: Dtype, values: Uint8Array, count: number): Numbers {
  const start = { view: viewOf(values), offset: 0 };
  const block = readVarInt(start);
  const miniblocks = readVarInt(start);
  if (!(miniblocks > 0 && miniblocks <= MINIBLOCKS_MAX && block > 0 && block % miniblocks === 0))
    throw new Error(`it has blocks of ${block} differences in ${miniblocks} parts`);
  const is_long = ELEMENT_BYTES[dtype] === 8;
  const read = is_long ? new BigInt64Array(count) : new Int32Array(count);
  if (count > 0) deltaBinaryUnpack({ view: viewOf(values), offset: 0 }, count, read);
  if (dtype === "i32" && read instanceof Int32Array) return read;
  return decodeFloats(new Uint8Array(read.buffer), dtype);
}

/** Spreads the numbers to the positions of the elements that exist. */
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

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength); // never shared
}
