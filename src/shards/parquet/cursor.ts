/** The rows of a column, one after the other, with one page in memory. A list may go on in the page behind its own. */
import type { PageHeader, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { Bytes } from "../bytes.ts";
import { type Column, type Numbers, type Page, readDictionary, readPage } from "./page.ts";

/** Headers of pages take some 50 bytes; statistics of long texts may make them longer. */
const HEADER_BYTES = [256, 65_536, 2 ** 20];

export class Cursor {
  readonly #file: number;
  readonly #columns: readonly Column[];
  #group = -1;
  #bytes: Bytes | undefined;
  #dictionary: Numbers | undefined;
  #page: Page | undefined;
  #at = 0;

  /** `columns` are the column's parts in the groups of rows, one each. */
  constructor(file: number, columns: readonly Column[]) {
    this.#file = file;
    this.#columns = columns;
  }

  /** The numbers of the next row, valid until the next call; undefined at the end. Null elements are NaN. */
  next(): Numbers | undefined {
    if (!this.#isInPage() && !this.#nextPage()) return undefined;
    const begun = this.#takeInPage();
    // Where the page ends the row may go on.
    if (this.#isInPage() || !this.#goesOn()) return begun;
    const parts = [begun.slice()];
    while (!this.#isInPage() && this.#goesOn()) parts.push(this.#takeInPage().slice());
    return joined(parts);
  }

  /** Leaves out whole groups of rows, without reading them. */
  skipGroups(count: number): void {
    this.#group = count - 1;
    this.#bytes = undefined;
    this.#page = undefined;
  }

  #isInPage(): boolean {
    return this.#page !== undefined && this.#at < this.#page.numbers.length;
  }

  /** Takes the row at hand as far as the page has it. */
  #takeInPage(): Numbers {
    const page = this.#page as Page; // every caller has seen to it
    const { numbers, repetition, definition } = page;
    const from = this.#at;
    const column = this.#columns[this.#group] as Column; // of the page
    if (repetition === undefined) this.#at = from + 1;
    else {
      const next = repetition.indexOf(0, from + 1);
      this.#at = next < 0 ? numbers.length : next;
    }
    const is_empty =
      repetition !== undefined && definition !== undefined && (definition[from] ?? 0) < column.element_level;
    return numbers.subarray(from, is_empty ? from : this.#at);
  }

  /** Goes to the next page, if that goes on with the row of this one. */
  #goesOn(): boolean {
    const column = this.#columns[this.#group];
    if (column === undefined || column.repetition_max === 0) return false;
    // Rows do not reach from one group to the next.
    const group = this.#group;
    if (!this.#nextPage() || this.#group !== group) return false;
    return this.#page?.repetition?.[0] !== 0;
  }

  #nextPage(): boolean {
    for (;;) {
      const header = this.#header();
      if (header === undefined) {
        if (!this.#nextGroup()) return false;
        continue;
      }
      const column = this.#columns[this.#group] as Column; // whose header it is
      const body = (this.#bytes as Bytes).take(header.compressed_page_size);
      if (body.length < header.compressed_page_size) throw new Error(`ends within a page of ${column.name}`);
      if (header.type === "DICTIONARY_PAGE") this.#dictionary = readDictionary(column, header, body.slice());
      else if (header.type !== "INDEX_PAGE") {
        this.#page = readPage(column, header, body, this.#dictionary);
        this.#at = 0;
        if (this.#page.numbers.length > 0) return true;
      }
    }
  }

  #nextGroup(): boolean {
    const column = this.#columns[this.#group + 1];
    if (column === undefined) return false;
    const {
      data_page_offset,
      dictionary_page_offset = data_page_offset,
      total_compressed_size,
    } = column.meta;
    const begin = Math.min(Number(dictionary_page_offset), Number(data_page_offset));
    this.#group += 1;
    this.#bytes = new Bytes(this.#file, begin, begin + Number(total_compressed_size));
    this.#dictionary = undefined;
    return true;
  }

  /** The header of the next page; undefined at the end of the group. */
  #header(): PageHeader | undefined {
    const bytes = this.#bytes;
    if (bytes === undefined) return undefined;
    for (const size of HEADER_BYTES) {
      const begin = bytes.peek(size);
      if (begin.length === 0) return undefined;
      const reader = { view: new DataView(begin.slice().buffer), offset: 0 };
      try {
        const header = parquetHeader(reader);
        bytes.take(reader.offset);
        return header;
      } catch (error) {
        // It was longer than what was looked at.
        if (!(error instanceof RangeError) || begin.length < size) throw error;
      }
    }
    throw new Error("has a page whose header does not end");
  }
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

/** Rows of the groups before each group, and of all. */
export function groupStarts(groups: readonly RowGroup[]): number[] {
  const starts = [0];
  for (const { num_rows } of groups) starts.push((starts.at(-1) ?? 0) + Number(num_rows));
  return starts;
}
