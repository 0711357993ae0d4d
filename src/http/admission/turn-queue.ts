/** The visitors that wait for their turn to compute, client by client. */
import { FairQueue } from "./fair-queue.ts";

export class TurnQueue<V extends { readonly client: string }> {
  /** the visitor that is in the middle of a step, between whose pieces no other may compute */
  inside: V | undefined;
  readonly #waiting = new FairQueue<V>();

  /** Whether this visitor may compute before all that wait. */
  isFirst(visitor: V): boolean {
    return this.inside === undefined ? this.#waiting.length === 0 : this.inside === visitor;
  }

  push(visitor: V): void {
    this.#waiting.push(visitor);
  }

  /** The visitor whose turn it is; undefined when none waits, or when the one inside does not. */
  take(): V | undefined {
    if (this.inside === undefined) return this.#waiting.take();
    return this.#waiting.remove(this.inside) ? this.inside : undefined;
  }
}
