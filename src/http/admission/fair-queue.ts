/**
 * A queue in which clients take turns: one visitor of each client in turn, and the visitors of one client in the order in which
 * they came. One connection beside two hundred of another client is served every second time, not every 201st.
 */

/** The fields of a visitor that the queue uses. */
interface Queued {
  /** the key or the address that it came with */
  readonly client: string;
}

export class FairQueue<V extends Queued> {
  /** the visitors of each waiting client; the client whose turn it is comes first */
  readonly #waiting = new Map<string, V[]>();
  /** number of visitors that wait; the queue alone sets it */
  length = 0;

  /** Takes the last place among those of its client; a client that did not wait comes after all others. */
  push(visitor: V): void {
    const own = this.#waiting.get(visitor.client);
    if (own === undefined) this.#waiting.set(visitor.client, [visitor]);
    else own.push(visitor);
    this.length += 1;
  }

  /** The visitor whose turn it is; undefined when none waits. */
  get first(): V | undefined {
    for (const own of this.#waiting.values()) return own[0];
    return undefined;
  }

  /** Takes that visitor out of the queue. The other visitors of its client come after all other clients. */
  take(): V | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    const own = this.#waiting.get(first.client) as V[]; // the first is one of them
    own.shift();
    this.length -= 1;
    this.#waiting.delete(first.client);
    if (own.length > 0) this.#waiting.set(first.client, own);
    return first;
  }

  /** Removes a visitor from any place in the queue; false when it is not in the queue. */
  remove(visitor: V): boolean {
    const own = this.#waiting.get(visitor.client);
    const at = own?.indexOf(visitor) ?? -1;
    if (own === undefined || at < 0) return false;
    own.splice(at, 1);
    this.length -= 1;
    if (own.length === 0) this.#waiting.delete(visitor.client);
    return true;
  }

  /** The first visitor of each client, which is the one that has waited longest. */
  *heads(): Generator<V> {
    for (const [first] of this.#waiting.values()) if (first !== undefined) yield first;
  }
}
