/** Those who wait for their turn to compute, the first in front. */
export class TurnQueue<V> {
  /** in the middle of something that nobody else may come between: the only one who is given turns */
  inside: V | undefined;
  readonly #waiting: V[] = [];

  /** Whether nobody has to come before this one. */
  isFirst(visitor: V): boolean {
    return this.inside === undefined ? this.#waiting.length === 0 : this.inside === visitor;
  }

  push(visitor: V): void {
    this.#waiting.push(visitor);
  }

  /** Whose turn it is; undefined: nobody's who waits. */
  take(): V | undefined {
    if (this.inside === undefined) return this.#waiting.shift();
    const at = this.#waiting.indexOf(this.inside);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }
}
