/**
 * Tracks workers that leave while they are alive. A worker with a defect accepts connections until another worker does,
 * so that no client is refused. After that it only finishes its requests. The port stays open while one worker shares
 * it.
 */
export class Departures<Worker> {
  readonly #sharing = new Set<Worker>();
  readonly #going = new Set<Worker>();
  readonly #retire: (worker: Worker) => void;

  /** `retire` makes a worker stop accepting connections. */
  constructor(retire: (worker: Worker) => void) {
    this.#retire = retire;
  }

  /** True when no worker shares the port, so that the next one must open it again. */
  get port_is_closed(): boolean {
    return this.#sharing.size === 0;
  }

  /** A worker accepts connections. */
  listens(worker: Worker): void {
    this.#sharing.add(worker);
    this.#relieve();
  }

  /** A worker is to leave. */
  goes(worker: Worker): void {
    if (this.#sharing.has(worker)) this.#going.add(worker);
    this.#relieve();
  }

  /** A worker has ended. */
  gone(worker: Worker): void {
    this.#sharing.delete(worker);
    this.#going.delete(worker);
  }

  #relieve(): void {
    if (this.#going.size === this.#sharing.size) return;
    for (const worker of this.#going) {
      this.gone(worker);
      this.#retire(worker);
    }
  }
}
