/**
 * What stages overwrote in a dense row, so that the row can be put back as it came: single logits in the order of
 * the edits, where each stage began, a copy of the row from before the first mask, and the block maxima.
 */
import type { Row } from "../kernels/kernel.ts";

export class Undo {
  token_ids = new Int32Array(1024);
  logits = new Float32Array(1024);
  count = 0;
  readonly #stages: string[] = [];
  readonly #starts: number[] = [];
  /** block maxima as they came, once something was changed */
  #maxima = new Float32Array(0);
  #is_changed = false;
  /** the row from before its first mask, and how many edits it holds; −1: no mask */
  #row = new Float32Array(0);
  #edits_in_row = -1;

  clear(): void {
    this.count = 0;
    this.#stages.length = 0;
    this.#starts.length = 0;
    this.#is_changed = false;
    this.#edits_in_row = -1;
  }

  /** True when a whole row was masked: the edits are then not all that was changed. */
  get isMasked(): boolean {
    return this.#edits_in_row >= 0;
  }

  /** From here on edits belong to this stage. */
  mark(stage: string): void {
    this.#stages.push(stage);
    this.#starts.push(this.count);
  }

  /** The stage that edits belong to. */
  get stage(): string {
    return this.#stages.at(-1) ?? "the row";
  }

  /** Remembers the row before many of its logits are overwritten at once. */
  saveRow(row: Row): void {
    this.#saveMaxima(row);
    if (this.isMasked) return;
    if (row.length > this.#row.length) this.#row = new Float32Array(row.length);
    this.#row.set(row.values.subarray(0, row.length));
    this.#edits_in_row = this.count;
  }

  /** Remembers one logit that is about to be overwritten. */
  push(row: Row, token_id: number): void {
    if (!this.#is_changed) this.#saveMaxima(row);
    if (this.count === this.token_ids.length) this.#grow();
    this.token_ids[this.count] = token_id;
    this.logits[this.count] = row.values[token_id]!;
    this.count++;
  }

  /**
   * Remembers the logits of distinct tokens that are about to be overwritten. Not again when the last edits were of
   * just these tokens, as of several penalties, nobody has looked at the row since edit `seen`, and none is banned:
   * a ban must belong to the stage that made it.
   */
  pushAll(row: Row, token_ids: Int32Array, count: number, amounts: Float64Array, seen: number): void {
    if (!this.#is_changed) this.#saveMaxima(row);
    const from = this.count - count;
    const is_new =
      from < seen || from < this.#edits_in_row || !isSame(this.token_ids, from, token_ids, count);
    if (!is_new && !bansAny(amounts, count)) return;
    while (this.count + count > this.token_ids.length) this.#grow();
    copyPairs(row.values, token_ids, count, this.token_ids, this.logits, this.count);
    this.count += count;
  }

  /** Takes back the edits of the last stage; its name, or undefined when none is left. Not past a mask. */
  takeBackStage(values: Float32Array): string | undefined {
    const start = this.#starts.pop() ?? 0;
    this.#takeBack(values, start);
    return this.#stages.pop();
  }

  /** Puts the row back as it came, block maxima and all. */
  takeBackAll(row: Row): void {
    if (!this.#is_changed) return;
    if (this.isMasked) {
      row.values.set(this.#row.subarray(0, row.length));
      this.count = Math.min(this.count, this.#edits_in_row);
    }
    this.#takeBack(row.values, 0);
    row.maxima.set(this.#maxima.subarray(0, row.blocks));
    row.settle();
    this.clear();
  }

  /** Writes overwritten logits back, newest first, until only `count` edits remain. */
  #takeBack(values: Float32Array, count: number): void {
    while (this.count > count) {
      this.count--;
      values[this.token_ids[this.count]!] = this.logits[this.count]!;
    }
  }

  #saveMaxima(row: Row): void {
    if (this.#is_changed) return;
    if (row.maxima.length > this.#maxima.length) this.#maxima = new Float32Array(row.maxima.length);
    this.#maxima.set(row.maxima.subarray(0, row.blocks));
    this.#is_changed = true;
  }

  #grow(): void {
    const token_ids = new Int32Array(2 * this.token_ids.length);
    const logits = new Float32Array(2 * this.logits.length);
    token_ids.set(this.token_ids);
    logits.set(this.logits);
    this.token_ids = token_ids;
    this.logits = logits;
  }
}

function copyPairs(
  values: Float32Array,
  token_ids: Int32Array,
  count: number,
  into_ids: Int32Array,
  into_values: Float32Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) {
    const id = token_ids[i]!;
    into_ids[at + i] = id;
    into_values[at + i] = values[id]!;
  }
}

function isSame(edited: Int32Array, from: number, token_ids: Int32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (edited[from + i] !== token_ids[i]) return false;
  return true;
}

function bansAny(amounts: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (amounts[i] === Number.NEGATIVE_INFINITY) return true;
  return false;
}
