/**
 * The rows of a column, one after the other, with one page in memory. A list may continue in the next page.
 *
 * `skipRows` passes over pages without decompressing them where their headers tell how many rows they have. For a
 * column of numbers they do. For lists they tell only the number of elements. When several processes share the rows of
 * one group, each assumes that all rows of the group have the same length. Each checks that the rows it reads have that
 * length and begin where they should; together they check every row of the group. A group whose first page has rows of
 * other lengths is decompressed from its beginning.
 */
import { crc32 } from "node:zlib";
import type { PageHeader, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { messageOf } from "../../errors.ts";
import { Bytes } from "../bytes.ts";
import type { Chunk, Column } from "./columns.ts";
import { bytesIn, type Numbers, type Page, readDictionary, readPage } from "./page.ts";
import { CutShort, structLength } from "./thrift.ts";

/** Page headers take about 50 bytes; statistics of long texts make them longer. */
const HEADER_BYTES = [256, 65_536, 2 ** 20];

export class Cursor {
  readonly #file: number;
  readonly #column: Column;
  #group = -1;
  /** number of rows taken from the group */
  #rows = 0;
  #bytes: Bytes | undefined;
  #dictionary: Numbers | undefined;
  #page: Page | undefined;
  #at = 0;
  /** number of elements in the pages of the group so far, the current one included */
  #elements = 0;
  /** groups of which other processes read the other rows */
  readonly #cut_groups: ReadonlySet<number>;
  /** the length that all rows of the group must have; undefined: any */
  #row_length: number | undefined;

  constructor(file: number, column: Column, cut_groups: ReadonlySet<number>) {
    this.#file = file;
    this.#column = column;
    this.#cut_groups = cut_groups;
  }

  /** The numbers of the next row, valid until the next call; undefined at the end. Null elements are NaN. */
  next(): Numbers | undefined {
    if (!this.#isInPage() && !this.#nextPage()) return undefined;
    return this.#takeRow();
  }

  #takeRow(): Numbers {
    this.#rows += 1;
    const row = this.#rowAcrossPages();
    if (this.#row_length !== undefined && row.length !== this.#row_length) throw this.#uneven();
    return row;
  }

  #rowAcrossPages(): Numbers {
    const begun = this.#takeInPage();
    // At the end of the page the row may continue in the next one.
    if (this.#isInPage() || !this.#goesOn()) return begun;
    const parts = [begun.slice()];
    while (!this.#isInPage() && this.#goesOn()) parts.push(this.#takeInPage().slice());
    return joined(parts);
  }

  /** Skips rows of the current group, or at its end those of the next one. */
  skipRows(count: number): void {
    while (this.#rows === (this.#chunk?.rows ?? 0)) if (count === 0 || !this.#nextGroup()) return;
    const end = this.#rows + count;
    while (this.#rows < end) {
      if (!this.#isInPage() && !this.#nextPage(end)) return;
      if (this.#rows === end) return;
      if (this.#lengthOfRows() === undefined) this.#takeRow();
      else this.#jumpInPage(end);
    }
  }

  /** The length of every row of the group, as far as it is known. */
  #lengthOfRows(): number | undefined {
    return this.#column.repetition_max === 0 ? 1 : this.#row_length;
  }

  /** Goes to the beginning of a row of the group, or to the end of the page when the row is after it. */
  #jumpInPage(row: number): void {
    const { numbers, repetition } = this.#page as Page; // the caller has seen to it
    const wanted = row * this.#lengthOfRows()! - (this.#elements - numbers.length);
    this.#at = Math.min(wanted, numbers.length);
    if (wanted > numbers.length) return;
    if (wanted < numbers.length && repetition !== undefined && repetition[wanted] !== 0) throw this.#uneven();
    this.#standAt(row);
  }

  /** The next page, or the rest of the current one, must begin with this row. */
  #standAt(row: number): void {
    this.#rows = row;
    if (!this.#isInPage()) this.#page = undefined;
  }

  /** Passes over a page that ends before this row of the group begins; returns whether it did. */
  #passes(header: PageHeader, row: number): boolean {
    const length = this.#lengthOfRows();
    const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values;
    if (length === undefined || count === undefined || !(count >= 0)) return false;
    const elements = this.#elements + count;
    if (elements > row * length) return false;
    this.#bytes?.skip(bytesIn(header.compressed_page_size));
    this.#elements = elements;
    if (elements === row * length) this.#standAt(row);
    return true;
  }

  #uneven(): Error {
    return new Error(
      `has rows of different lengths in one group of ${this.#column.name}, which several processes cannot share: leave --jobs and --part out`,
    );
  }

  /** Skips whole row groups without reading them. */
  skipGroups(count: number): void {
    this.#group = count - 1;
    this.#rows = this.#chunk?.rows ?? 0;
    this.#bytes = undefined;
    this.#page = undefined;
  }

  get #chunk(): Chunk | undefined {
    return this.#column.chunks[this.#group];
  }

  #isInPage(): boolean {
    return this.#page !== undefined && this.#at < this.#page.numbers.length;
  }

  /** Takes the rest of the current row that is in the page. */
  #takeInPage(): Numbers {
    const page = this.#page as Page; // every caller has seen to it
    const { numbers, repetition, definition } = page;
    const from = this.#at;
    if (repetition === undefined) this.#at = from + 1;
    else {
      const next = repetition.indexOf(0, from + 1);
      this.#at = next < 0 ? numbers.length : next;
    }
    const is_empty =
      repetition !== undefined &&
      definition !== undefined &&
      (definition[from] ?? 0) < this.#column.element_level;
    return numbers.subarray(from, is_empty ? from : this.#at);
  }

  /** Goes to the next page if it continues the current row. */
  #goesOn(): boolean {
    if (this.#column.repetition_max === 0) return false;
    // A row never continues in the next group.
    const group = this.#group;
    if (!this.#nextPage() || this.#group !== group) return false;
    return this.#page?.repetition?.[0] !== 0;
  }

  /** Pages that end before the row `wanted` of the group are passed over. */
  #nextPage(wanted = 0): boolean {
    for (;;) {
      const header = this.#header();
      if (header === undefined) {
        if (!this.#nextGroup()) return false;
        continue;
      }
      try {
        if (this.#passes(header, wanted)) {
          if (this.#rows === wanted) return true;
          continue;
        }
        if (this.#take(header)) return true;
      } catch (error) {
        throw new Error(`has a page of ${this.#column.name} that cannot be read: ${messageOf(error)}`);
      }
    }
  }

  /** Reads the page after its header; returns whether it is a page with values. */
  #take(header: PageHeader): boolean {
    const size = bytesIn(header.compressed_page_size);
    const bytes = (this.#bytes as Bytes).take(size); // whose header was read
    if (bytes.length < size) throw new Error("the file ends in it");
    // hyparquet reads it as a signed number.
    if (header.crc !== undefined && crc32(bytes) !== header.crc >>> 0)
      throw new Error("its checksum is another");
    const packed = { header, codec: (this.#chunk as Chunk).meta.codec, bytes };
    if (header.type === "INDEX_PAGE") return false;
    if (header.type === "DICTIONARY_PAGE") {
      this.#dictionary = readDictionary(this.#column, packed);
      return false;
    }
    const is_first = this.#page === undefined;
    this.#page = readPage(this.#column, packed, this.#dictionary);
    this.#at = 0;
    if (this.#page.numbers.length === 0) return false;
    if (is_first && (this.#page.repetition?.[0] ?? 0) !== 0) throw new Error("it begins within a row");
    if (this.#elements === 0 && this.#cut_groups.has(this.#group))
      this.#row_length = evenLength(this.#page, this.#chunk as Chunk);
    this.#elements += this.#page.numbers.length;
    return true;
  }

  #nextGroup(): boolean {
    this.#requireRows();
    this.#group += 1;
    const chunk = this.#chunk;
    if (chunk === undefined) return false;
    const { data_page_offset, dictionary_page_offset = data_page_offset, total_compressed_size } = chunk.meta;
    const begin = Number(
      dictionary_page_offset > 0n && dictionary_page_offset < data_page_offset
        ? dictionary_page_offset
        : data_page_offset,
    );
    // A group without rows has no pages, whatever its offsets are.
    const bytes = chunk.rows === 0 ? 0 : Number(total_compressed_size);
    if (!(begin >= 0 && bytes >= 0))
      throw new Error(`has ${this.#column.name} at byte ${begin}, of ${bytes} bytes`);
    this.#bytes = new Bytes(this.#file, begin, begin + bytes);
    this.#dictionary = undefined;
    this.#page = undefined;
    this.#rows = 0;
    this.#elements = 0;
    this.#row_length = undefined;
    return true;
  }

  /** Missing rows in one column would shift the values of all later rows. */
  #requireRows(): void {
    const chunk = this.#chunk;
    if (chunk === undefined || chunk.rows === this.#rows) return;
    throw new Error(
      `has ${this.#rows} rows of ${this.#column.name} in a group of ${chunk.rows}: the file is cut or damaged`,
    );
  }

  /** The header of the next page; undefined at the end of the group. */
  #header(): PageHeader | undefined {
    const bytes = this.#bytes;
    if (bytes === undefined) return undefined;
    try {
      for (const size of HEADER_BYTES) {
        const begin = bytes.peek(size);
        if (begin.length === 0) return undefined;
        const length = lengthOf(begin, begin.length === size);
        if (length === undefined) continue;
        const header = bytes.take(length).slice();
        return parquetHeader({ view: new DataView(header.buffer), offset: 0 });
      }
    } catch (error) {
      throw new Error(
        `has a page of ${this.#column.name} whose header is not understood: ${messageOf(error)}`,
      );
    }
    throw new Error(`has a page of ${this.#column.name} whose header does not end`);
  }
}

/** Undefined when the header is longer than these bytes and more bytes are available. */
function lengthOf(begin: Uint8Array, has_more: boolean): number | undefined {
  try {
    return structLength(begin);
  } catch (error) {
    if (error instanceof CutShort && has_more) return undefined;
    throw error;
  }
}

/** The length that all rows of a group have if they have one, and if the rows of its first page agree. */
function evenLength({ repetition }: Page, { rows, meta }: Chunk): number | undefined {
  const length = Number(meta.num_values) / rows;
  if (repetition === undefined || !Number.isInteger(length) || length < 2) return undefined;
  for (let i = 0; i < repetition.length; i++)
    if ((repetition[i] === 0) !== (i % length === 0)) return undefined;
  return length;
}

function joined(parts: readonly Numbers[]): Numbers {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? new Float64Array(0);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => Numbers)(length); // one of the three
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Number of rows before each group, and in total. */
export function groupStarts(groups: readonly RowGroup[]): number[] {
  const starts = [0];
  for (const { num_rows } of groups) starts.push((starts.at(-1) ?? 0) + Number(num_rows));
  return starts;
}
