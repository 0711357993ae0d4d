/**
 * Gives memory back. What clients made the worker hold becomes garbage when they leave. An idle worker allocates nothing, so
 * V8 would not collect it. After much was held and most of it was released, a full collection is made here.
 */

/** Bytes below which a collection is not worth its pause. */
const MUCH_BYTES = 32 * 1024 * 1024;
/** Share of the peak that may still be held when the collection is made. */
const LEFT_PART = 1 / 4;
/** Milliseconds to wait before a collection: more may be held or released at the same time. */
const PAUSE_MS = 1000;
/** Milliseconds of work on grammars that leave some hundred MiB of garbage. */
const MUCH_WORK_MS = 2000;
/** Milliseconds of work on grammars below which a collection is not worth its pause. */
const SOME_WORK_MS = 100;
/** Milliseconds without work on grammars before the garbage of the last work is collected. */
const REST_MS = 5000;

export class Relief {
  /** the most that was held since the last collection */
  #most_bytes = 0;
  /** milliseconds of work on grammars since the last collection */
  #worked_ms = 0;
  #timer: NodeJS.Timeout | undefined;
  /** runs from the last work on grammars until its garbage is collected */
  #rest: NodeJS.Timeout | undefined;
  readonly #collect: () => void;

  constructor(collect: () => void) {
    this.#collect = collect;
  }

  /** Work on grammars took so many milliseconds. Its garbage would stay until V8 collects by itself. */
  worked(ms: number): void {
    this.#worked_ms += ms;
    if (this.#worked_ms >= MUCH_WORK_MS) this.#collectSoon();
    else if (this.#worked_ms < SOME_WORK_MS) return;
    else if (this.#rest === undefined) this.#rest = setTimeout(() => this.#atRest(), REST_MS).unref();
    else this.#rest.refresh();
  }

  #atRest(): void {
    this.#rest = undefined;
    this.#collectSoon();
  }

  /** Reports how many bytes are held now. */
  holds(bytes: number): void {
    if (bytes > this.#most_bytes) this.#most_bytes = bytes;
    else if (this.#most_bytes > MUCH_BYTES && bytes < LEFT_PART * this.#most_bytes) this.#relieve(bytes);
  }

  #relieve(bytes: number): void {
    this.#most_bytes = bytes;
    this.#collectSoon();
  }

  #collectSoon(): void {
    this.#worked_ms = 0;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#collect();
    }, PAUSE_MS).unref();
  }
}
