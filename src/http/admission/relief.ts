/**
 * Gives memory back. What clients made the worker hold is garbage once they are gone, and a worker that has nothing to do
 * makes none that would have it collected: after much was held, and most of it was given back, everything is collected.
 */

/** Less than this is not worth the pause that a collection is. */
const MUCH_BYTES = 32 * 1024 * 1024;
/** How much of the most that was held may be left. */
const LEFT_PART = 1 / 4;
/** More may come, or go, at the same time. */
const PAUSE_MS = 1000;
/** Preparing grammars for so long leaves some hundred MiB of garbage. */
const MUCH_WORK_MS = 2000;

export class Relief {
  /** the most that was held since the last collection */
  #most_bytes = 0;
  /** that grammars took since the last collection */
  #worked_ms = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #collect: () => void;

  constructor(collect: () => void) {
    this.#collect = collect;
  }

  /** Grammars took so many milliseconds: what they made meanwhile is garbage that V8 lets lie. */
  worked(ms: number): void {
    this.#worked_ms += ms;
    if (this.#worked_ms < MUCH_WORK_MS) return;
    this.#worked_ms = 0;
    this.#collectSoon();
  }

  /** So many bytes are held now. */
  holds(bytes: number): void {
    if (bytes > this.#most_bytes) this.#most_bytes = bytes;
    else if (this.#most_bytes > MUCH_BYTES && bytes < LEFT_PART * this.#most_bytes) this.#relieve(bytes);
  }

  #relieve(bytes: number): void {
    this.#most_bytes = bytes;
    this.#collectSoon();
  }

  #collectSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#collect();
    }, PAUSE_MS).unref();
  }
}
