/**
 * Notices workers that hang: stopped, or busy with something that does not end. Each is asked again and again whether
 * it hears. What counts is how many questions went unanswered, not the time: a machine that slept, or had no core for
 * the primary either, has not made its workers silent. The watch knows no cluster and has no clock.
 */

export interface WatchOptions<Worker> {
  /** questions in a row that a worker may leave unanswered; Infinity: all of them */
  readonly patience: number;
  ping(worker: Worker): void;
  /** A worker has not answered for too long. Told once. */
  hangs(worker: Worker): void;
}

/** A worker that has left so many unanswered has had the time between two questions to answer. */
const SILENT_PINGS = 2;

export class Watch<Worker> {
  /** of each worker, how many questions it has not answered */
  readonly #unanswered = new Map<Worker, number>();
  readonly #options: WatchOptions<Worker>;

  constructor(options: WatchOptions<Worker>) {
    this.#options = options;
  }

  /** Workers that do not answer at the moment. */
  get silent(): number {
    return [...this.#unanswered.values()].filter((count) => count >= SILENT_PINGS).length;
  }

  /** A worker is loaded: from now on it has no reason not to hear. */
  watch(worker: Worker): void {
    this.#unanswered.set(worker, 0);
  }

  /** A worker has said something. */
  heard(worker: Worker): void {
    if (this.#unanswered.has(worker)) this.#unanswered.set(worker, 0);
  }

  /** A worker is gone, or cannot be asked any more. */
  forget(worker: Worker): void {
    this.#unanswered.delete(worker);
  }

  /** Asks all of them. Call again and again, in even steps. */
  tick(): void {
    for (const [worker, count] of this.#unanswered) {
      if (count >= this.#options.patience) {
        this.#unanswered.delete(worker);
        this.#options.hangs(worker);
      } else {
        this.#unanswered.set(worker, count + 1);
        this.#options.ping(worker);
      }
    }
  }
}
