/**
 * The visitors that wait for their turn to compute, client by client. Visitors that prepare something long wait apart: they
 * compute when no other visitor waits, or else once every few turns. Among them, the one that has computed least goes
 * first, so that short work does not wait for long work.
 */
import { FairQueue } from "./fair-queue.ts";

/** Turns of the event loop in which visitors with long work may be passed over. */
const PASSED_MAX = 3;

interface Waiting {
  readonly client: string;
  readonly is_preparing: boolean;
  readonly prepared_ms: number;
  readonly is_refused: boolean;
}

export class TurnQueue<V extends Waiting> {
  /** the visitor in the middle of a step; no other may compute between its pieces */
  inside: V | undefined;
  readonly #waiting = new FairQueue<V>();
  readonly #preparing: V[] = [];
  #passed = 0;

  /** Whether this visitor may compute before every visitor that waits. */
  isFirst(visitor: V): boolean {
    if (this.inside !== undefined) return this.inside === visitor;
    return this.#waiting.length === 0 && (!visitor.is_preparing || this.#preparing.length === 0);
  }

  push(visitor: V): void {
    if (visitor.is_preparing) this.#preparing.push(visitor);
    else this.#waiting.push(visitor);
  }

  /** The event loop has gone around. */
  turn(): void {
    this.#passed++;
  }

  /** The visitor whose turn it is; undefined when none waits, or while the one in the middle of a step has nothing to compute. */
  take(): V | undefined {
    if (this.inside !== undefined)
      return this.#waiting.remove(this.inside) ? this.inside : this.#remove(this.inside);
    if (this.#passed > PASSED_MAX) return this.#takePreparing() ?? this.#waiting.take();
    return this.#waiting.take() ?? this.#takePreparing();
  }

  #takePreparing(): V | undefined {
    this.#passed = 0;
    let least: V | undefined;
    for (const visitor of this.#preparing) {
      if (visitor.is_refused) return this.#remove(visitor);
      if (least === undefined || visitor.prepared_ms < least.prepared_ms) least = visitor;
    }
    return least && this.#remove(least);
  }

  #remove(visitor: V): V | undefined {
    const at = this.#preparing.indexOf(visitor);
    return at < 0 ? undefined : this.#preparing.splice(at, 1)[0];
  }
}
