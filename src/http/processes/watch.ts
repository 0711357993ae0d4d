/**
 * Detects workers that hang: stopped, or in an endless loop. Each worker is pinged again and again. The count of unanswered
 * pings decides, not the time: when the machine sleeps, or the primary gets no core, no worker is blamed. The watch does
 * not depend on cluster and has no clock.
 */

export interface WatchOptions<Worker> {
  /** pings in a row that a worker may leave unanswered; Infinity: any number */
  readonly patience: number;
  ping(worker: Worker): void;
  /** Called once for a worker that has not answered for too long. */
  hangs(worker: Worker): void;
}

/** Unanswered pings after which a worker counts as silent: it had at least the time between two pings to answer. */
const SILENT_PINGS = 2;

export class Watch<Worker> {
  /** unanswered pings of each worker */
  readonly #unanswered = new Map<Worker, number>();
  readonly #options: WatchOptions<Worker>;

  constructor(options: WatchOptions<Worker>) {
    this.#options = options;
  }

  /** Number of workers that are silent now. */
  get silent(): number {
    return [...this.#unanswered.values()].filter((count) => count >= SILENT_PINGS).length;
  }

  /** A worker is loaded: from now on it must answer. */
  watch(worker: Worker): void {
    this.#unanswered.set(worker, 0);
  }

  /** A message of the worker has come. */
  heard(worker: Worker): void {
    if (this.#unanswered.has(worker)) this.#unanswered.set(worker, 0);
  }

  /** A worker has ended, or its channel is closed. */
  forget(worker: Worker): void {
    this.#unanswered.delete(worker);
  }

  /** Pings all workers. Call at even intervals. */
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
