/** The logits that stages overwrote in a dense row, in the order of the edits, and where each stage began. */
export class Undo {
  token_ids = new Int32Array(1024);
  logits = new Float32Array(1024);
  count = 0;
  readonly #stages: string[] = [];
  readonly #starts: number[] = [];

  clear(): void {
    this.count = 0;
    this.#stages.length = 0;
    this.#starts.length = 0;
  }

  /** From here on edits belong to this stage. */
  mark(stage: string): void {
    this.#stages.push(stage);
    this.#starts.push(this.count);
  }

  /** Takes back the edits of the last stage, writing into `values`; its name, or undefined when none is left. */
  takeBackStage(values: Float32Array): string | undefined {
    const start = this.#starts.pop() ?? 0;
    this.takeBack(values, start);
    return this.#stages.pop();
  }

  /** Writes overwritten logits back, newest first, until only `count` edits remain. */
  takeBack(values: Float32Array, count: number): void {
    while (this.count > count) {
      this.count--;
      values[this.token_ids[this.count]!] = this.logits[this.count]!;
    }
  }

  push(token_id: number, logit: number): void {
    if (this.count === this.token_ids.length) this.#grow();
    this.token_ids[this.count] = token_id;
    this.logits[this.count] = logit;
    this.count++;
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
