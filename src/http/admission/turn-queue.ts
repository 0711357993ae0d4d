/**
 * The visitors that wait for their turn to compute, client by client. Those that prepare something long stand apart:
 * they compute when no other waits, and else once in a few turns. Of them the one comes first that has computed least so
 * far, so that what is soon done need not wait for what takes long.
 */
import { FairQueue } from "./fair-queue.ts";

/** Turns of the event loop that visitors with something long may be passed over. */
const PASSED_MAX = 3;

interface Waiting {
  readonly client: string;
  readonly is_preparing: boolean;
  readonly prepared_ms: number;
  readonly is_refused: boolean;
}

export class TurnQueue<V extends Waiting> {
  /** the visitor that is in the middle of a step, between whose pieces no other may compute */
  inside: V | undefined;
  readonly #waiting = new FairQueue<V>();
  readonly #preparing: V[] = [];
  #passed = 0;

  /** Whether this visitor may compute before all that wait. */
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

  /** The visitor whose turn it is; undefined when none waits, or when the one inside does not. */
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
