/**
 * Frees memory. The data that a worker held for its clients becomes garbage when they leave. An idle worker allocates
 * nothing, so V8 would not collect it. After much was held and most of it was released, a full collection is made here.
 */

/** Bytes below which a collection is not worth its pause. */
const MUCH_BYTES = 32 * 1024 * 1024;
/** Share of the peak that may still be held when the collection is made. */
const LEFT_PART = 1 / 4;
/** Milliseconds to wait before a collection: more may be held or released at the same time. */
const PAUSE_MS = 1000;
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
