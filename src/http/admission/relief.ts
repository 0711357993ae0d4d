/**
 * Frees memory. The data that a worker held for its clients becomes garbage when they leave. An idle worker allocates
 * nothing, so V8 would not collect it. A full collection is made here after much was held at once and most of it was
 * released, and, at rest, after much was released little by little.
 */

/** Bytes below which a collection is not worth its pause. */
const MUCH_BYTES = 32 * 1024 * 1024;
/** Share of the peak that may still be held when the collection is made. */
const LEFT_PART = 1 / 4;
/** Milliseconds to wait before a collection: more may be held or released at the same time. */
const PAUSE_MS = 1000;
/** Bytes released little by little above which a worker is collected when it rests. */
const RELEASED_BYTES = 8 * 1024 * 1024;
/** Collections at rest. V8 gives up the free half of its young space in the second, when little was allocated since the first. */
const REST_COLLECTIONS = 2;
/** Milliseconds after much was released little by little until it is seen whether the worker is at rest. */
const QUIET_MS = 3000;
/** Bytes released meanwhile from which on it is not at rest, and the wait begins again. */
const QUIET_BYTES = 1024 * 1024;
/** Milliseconds of work on grammars below which a collection is not worth its pause. */
const SOME_WORK_MS = 100;
/**
 * Milliseconds without work on grammars after which they rest. At the first rest the garbage of the last work is
 * collected. At the second rest, this many milliseconds later, the grammars that no step used meanwhile are dropped.
 */
const RESTS_MS = [5000, 10_000];

export class Relief {
  /** the most that was held since the last collection */
  #most_bytes = 0;
  /** what is held now, and what was released since the last collection at rest */
  #held_bytes = 0;
  #released_bytes = 0;
  /** runs from when much was released until the worker is at rest */
  #quiet: NodeJS.Timeout | undefined;
  /** milliseconds of work on grammars since the last collection */
  #worked_ms = 0;
  #timer: NodeJS.Timeout | undefined;
  /** runs from the last work on grammars until they rest */
  #rest: NodeJS.Timeout | undefined;
  /** how often they have rested since the last work */
  #rests = 0;
  readonly #collect: () => void;
  readonly #restGrammars: () => boolean;

  /** `restGrammars` drops the grammars that were not used since its last call, and returns true when there were any. */
  constructor(collect: () => void, restGrammars: () => boolean = () => false) {
    this.#collect = collect;
    this.#restGrammars = restGrammars;
  }

  /**
   * Work on grammars took `ms`. While it continues, V8 collects its garbage by itself, in pieces; a full collection
   * here would keep all steps waiting. The garbage of the last work stays until it is collected at rest.
   */
  worked(ms: number): void {
    this.#worked_ms += ms;
    if (this.#worked_ms < SOME_WORK_MS) return;
    if (this.#rests === 0 && this.#rest !== undefined) this.#rest.refresh();
    else this.#restAfter(0);
  }

  /** Waits for the next rest, after so many. */
  #restAfter(rests: number): void {
    clearTimeout(this.#rest);
    this.#rests = rests;
    const ms = RESTS_MS[rests];
    this.#rest = ms === undefined ? undefined : setTimeout(() => this.#atRest(), ms).unref();
  }

  #atRest(): void {
    const has_dropped = this.#restGrammars();
    if (has_dropped || this.#rests === 0) this.#collectSoon();
    this.#restAfter(this.#rests + 1);
  }

  /** Reports how many bytes are held now. */
  holds(bytes: number): void {
    if (bytes < this.#held_bytes) this.#released_bytes += this.#held_bytes - bytes;
    this.#held_bytes = bytes;
    if (this.#released_bytes > RELEASED_BYTES && this.#quiet === undefined)
      this.#collectAtRest(REST_COLLECTIONS);
    if (bytes > this.#most_bytes) this.#most_bytes = bytes;
    else if (this.#most_bytes > MUCH_BYTES && bytes < LEFT_PART * this.#most_bytes) this.#relieve(bytes);
  }

  #relieve(bytes: number): void {
    this.#most_bytes = bytes;
    this.#collectSoon();
  }

  #collectAtRest(times: number): void {
    const released_bytes = this.#released_bytes;
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      const is_quiet = this.#released_bytes - released_bytes < QUIET_BYTES;
      if (is_quiet) this.#collectSoon();
      if (!is_quiet) this.#collectAtRest(REST_COLLECTIONS);
      else if (times > 1) this.#collectAtRest(times - 1);
      else this.#released_bytes = 0;
    }, QUIET_MS).unref();
  }

  #collectSoon(): void {
    this.#worked_ms = 0;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#collect();
    }, PAUSE_MS).unref();
  }
}
