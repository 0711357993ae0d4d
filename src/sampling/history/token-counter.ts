/**
 * Counts the tokens in a part of the history: in the kernel's table, or in its own table when token ids lie past
 * the kernel's vocabulary, which is possible with a sparse row.
 */

import type { TokenTable } from "../../kernels/kernel.ts";
import type { TokenIds } from "../../vocabulary/vocabulary.ts";
import { ownIdsOf } from "./foreign-ids.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import type { SeenTokens } from "./seen-tokens.ts";

export class TokenCounter {
  readonly #table: TokenTable;
  readonly #wide = new WideTable();
  #history: TokenIds = [];
  #prepared: PreparedHistory | undefined;
  #id_end = 0;
  /** by position of the whole history, the number of counted ids before it; undefined: all */
  #own_before: Int32Array | undefined;
  #first = -1;
  #end = -1;
  #seen: SeenTokens = this.#wide;

  constructor(table: TokenTable) {
    this.#table = table;
  }

  /**
   * Takes a new history whose first `prompt_length` tokens are the prompt. Returns the length of tables by its ids:
   * the largest id plus 1, or 0 without ids.
   */
  take(history: TokenIds, prompt_length: number, prepared?: PreparedHistory): number {
    this.#own_before = undefined;
    this.#history = history;
    this.#prepared = prepared;
    this.#first = -1;
    this.#end = -1;
    this.#id_end = this.#table.take(history, prompt_length, prepared?.table) + 1;
    return this.#id_end;
  }

  /** The same for a history whose ids from `end` on are not counted; ranges still refer to the whole history. */
  takeOwn(history: TokenIds, prompt_length: number, end: number): number {
    const { ids, before } = ownIdsOf(history, end);
    const id_end = this.take(ids, before[prompt_length]!);
    this.#own_before = before;
    return id_end;
  }

  /** Counts history[first … end − 1]; repeating the same range costs nothing. */
  count(from: number, to: number): SeenTokens {
    const first = this.#own_before?.[from] ?? from;
    const end = this.#own_before?.[to] ?? to;
    if (first === this.#first && end === this.#end) return this.#seen;
    this.#first = first;
    this.#end = end;
    const id_end = this.#id_end;
    if (id_end <= this.#table.token_ids.length) {
      this.#table.count(first, end);
      this.#seen = this.#table;
    } else {
      this.#seen = this.#countWide(first, end);
    }
    return this.#seen;
  }

  #countWide(first: number, end: number): SeenTokens {
    const key = `${first} ${end}`;
    const known = this.#prepared?.wide.get(key);
    if (known !== undefined) return known;
    this.#wide.count(this.#history, first, end, this.#id_end);
    if (this.#prepared === undefined) return this.#wide;
    const { token_ids, counts, distinct } = this.#wide;
    const kept = { token_ids: token_ids.slice(0, distinct), counts: counts.slice(0, distinct), distinct };
    this.#prepared.wide.set(key, kept);
    return kept;
  }
}

/** A table like the kernel's for ids of any size. Only touched entries are cleared. */
class WideTable implements SeenTokens {
  token_ids = new Int32Array(0);
  counts = new Int32Array(0);
  distinct = 0;
  /** by token id: its index plus 1 */
  #places = new Int32Array(0);

  count(history: TokenIds, first: number, end: number, id_end: number): void {
    this.#clear();
    if (id_end > this.#places.length) this.#places = new Int32Array(id_end);
    if (end - first > this.token_ids.length) {
      this.token_ids = new Int32Array(end - first);
      this.counts = new Int32Array(end - first);
    }
    for (let i = first; i < end; i++) {
      const id = history[i]!;
      const seen = this.#places[id]!;
      const place = seen > 0 ? seen - 1 : this.distinct++;
      this.#places[id] = place + 1;
      this.token_ids[place] = id;
      this.counts[place] = seen > 0 ? this.counts[place]! + 1 : 1;
    }
  }

  #clear(): void {
    for (let i = 0; i < this.distinct; i++) this.#places[this.token_ids[i]!] = 0;
    this.distinct = 0;
  }
}
