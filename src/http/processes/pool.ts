/**
 * Decides which workers serve and which are spares. Loading a worker takes most of a second, so one more than needed is
 * kept loaded. When a worker dies, the spare serves within milliseconds, and another spare is loaded after it. The pool
 * does not depend on cluster: its owner starts workers for it, and reports what happens to each.
 */

export interface PoolOptions<Worker> {
  /** number of serving workers, and of spares */
  readonly serving: number;
  readonly spare: number;
  start(): void;
  /** Tells a loaded worker to serve. */
  serve(worker: Worker): void;
  /** Starts a worker after a delay, because the last one died before it could serve. */
  startLater(): void;
  /** Called when no worker could serve, and another try would fail in the same way. */
  giveUp(): void;
}

export class Pool<Worker> {
  /** told to serve; those in `listening` do */
  readonly #told = new Set<Worker>();
  readonly #standing = new Set<Worker>();
  readonly listening = new Set<Worker>();
  /** replaced workers that are still alive */
  readonly leaving = new Set<Worker>();
  readonly #options: PoolOptions<Worker>;
  /** workers that were started as spares */
  #spares = 0;
  /** workers started because another had died, or was about to */
  replaced = 0;

  constructor(options: PoolOptions<Worker>) {
    this.#options = options;
    for (let count = 0; count < options.serving; count++) options.start();
  }

  /** A worker is loaded. */
  ready(worker: Worker): void {
    this.#standing.add(worker);
    this.#fill();
  }

  /** A worker takes connections. True when all workers now do. */
  listens(worker: Worker): boolean {
    const { serving, spare, start } = this.#options;
    this.listening.add(worker);
    if (this.listening.size < serving) return false;
    // Not sooner: loading takes a core, and the first to serve should have it.
    while (this.#spares < spare) {
      this.#spares += 1;
      start();
    }
    return true;
  }

  /** A worker is alive but will end: another takes its place. */
  leaves(worker: Worker): void {
    if (this.leaving.has(worker)) return;
    this.leaving.add(worker);
    this.#replace(worker);
  }

  /** A worker has ended. */
  died(worker: Worker): void {
    if (!this.leaving.delete(worker)) this.#replace(worker);
  }

  #replace(worker: Worker): void {
    const was_loaded = this.#standing.delete(worker) || this.#told.has(worker);
    const had_served = this.listening.delete(worker);
    const could_not_serve = this.#told.delete(worker) ? !had_served : !was_loaded;
    if (could_not_serve && this.listening.size === 0) {
      this.#options.giveUp();
      return;
    }
    this.replaced += 1;
    this.#fill();
    if (could_not_serve) this.#options.startLater();
    else this.#options.start();
  }

  #fill(): void {
    for (const worker of this.#standing) {
      if (this.#told.size >= this.#options.serving) return;
      this.#standing.delete(worker);
      this.#told.add(worker);
      this.#options.serve(worker);
    }
  }
}
