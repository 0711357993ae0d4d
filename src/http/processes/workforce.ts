/**
 * The workers of a service, as the primary keeps them. Some workers serve and some are spares. A worker that dies, has
 * a defect or hangs is replaced. A worker that leaves finishes its requests. The relay handles the workers' questions.
 */
import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";
import type { Config } from "../../config/config.ts";
import { standardOutput } from "../observe/log-output.ts";
import type { WorkerCounts } from "../observe/metrics.ts";
import { Departures } from "./departures.ts";
import { closeHandoffs } from "./handoffs.ts";
import { KeptPort } from "./keep-port.ts";
import { CLOSE, GOING, isWorksOn, type Ping, READY, type Refuse, type Serve } from "./messages.ts";
import { Pool } from "./pool.ts";
import { REFUSED_MS, Suspects } from "./suspects.ts";
import { Watch } from "./watch.ts";

/**
 * malloc keeps the pages that 64 KiB buffers come and go in, instead of giving them back to the system after every
 * large body: 0.1 page faults a request instead of 3, or of 34 before chunks were freed at once. More than 16 MiB of free
 * memory at the end are given back: what clients held does not stay with a worker when they are gone.
 */
export const MALLOC = { MALLOC_TRIM_THRESHOLD_: "16777216", MALLOC_TOP_PAD_: "8388608" };

/** Milliseconds before a worker is started in place of one that died before it could serve. */
const PAUSE_MS = 1000;
/** Pings sent within the time that a worker may be silent. */
const PINGS_MAX = 5;
/** Milliseconds between pings where the silence of workers is not bounded. */
const PING_MS = 1000;
/**
 * Milliseconds that a leaving worker keeps serving once another serves. Its keep-alive connections close when it ends.
 * Connections in use get an answer with `Connection: close` before that, so that no request is lost.
 */
const FAREWELL_MS = 100;
/** Milliseconds between log lines on connections for which a worker had no descriptor. */
const LOST_LINE_MS = 1000;

export class Workforce {
  /** all worker processes */
  readonly alive = new Set<Worker>();
  readonly #config: Config;
  readonly #log: Logger;
  readonly #pool: Pool<Worker>;
  readonly #departures = new Departures<Worker>((worker) => void setTimeout(retire, FAREWELL_MS, worker));
  readonly #watch: Watch<Worker>;
  readonly #kept_port = new KeptPort();
  readonly #suspects = new Suspects<Worker>(() => performance.now());
  /** the port that workers request: 0 when the system chooses */
  #asked_port: number;
  #lost_connections = 0;
  #ending = false;
  /** where the service listens */
  port: number;

  constructor(config: Config, log: Logger) {
    const { workers, spare_workers, port, limits } = config;
    this.#config = config;
    this.#log = log;
    this.port = port;
    this.#asked_port = port;
    const silence_ms = limits.worker_silence_ms;
    this.#watch = new Watch({
      patience: silence_ms === 0 ? Number.POSITIVE_INFINITY : PINGS_MAX,
      ping: (worker) => this.#ping(worker),
      hangs: (worker) => this.#kill(worker),
    });
    const step_ms = silence_ms === 0 ? PING_MS : silence_ms / PINGS_MAX;
    setInterval(() => this.#watch.tick(), step_ms).unref();
    this.#pool = new Pool({
      serving: workers,
      spare: spare_workers,
      start: () => this.#start(),
      serve: (worker) => this.#serve(worker),
      startLater: () => void setTimeout(() => this.#start(), PAUSE_MS),
      giveUp: () => giveUp(log),
    });
  }

  get counts(): WorkerCounts {
    return {
      running: this.#pool.listening.size,
      replaced: this.#pool.replaced,
      silent: this.#watch.silent,
      log_lines_lost: standardOutput.lost,
    };
  }

  /** Workers that take connections. */
  get listening(): ReadonlySet<Worker> {
    return this.#pool.listening;
  }

  /** Workers that finish their requests. */
  get leaving(): ReadonlySet<Worker> {
    return this.#pool.leaving;
  }

  /** A message of a worker has come. */
  heard(worker: Worker, message: unknown): void {
    this.#watch.heard(worker);
    if (message === READY) {
      this.#watch.watch(worker);
      this.#tellRefused(worker);
      this.#pool.ready(worker);
    }
    if (message === GOING) this.#leave(worker);
    if (isWorksOn(message)) this.#suspects.works(worker, message.works_on);
  }

  /** A worker takes connections. True when all workers now do. */
  listens(worker: Worker, port: number): boolean {
    this.port = port;
    this.#departures.listens(worker);
    this.#ping(worker);
    return this.#pool.listens(worker);
  }

  /** A worker has ended. */
  exited(worker: Worker, code: number | null, signal: string | null): void {
    this.alive.delete(worker);
    this.#watch.forget(worker);
    this.#departures.gone(worker);
    if (this.#ending) return;
    const grammar = this.#suspects.died(worker);
    this.#log.error({ worker: worker.process.pid, code, signal, grammar }, "a worker died");
    if (grammar !== undefined) this.#tellRefusedToAll();
    this.#pool.died(worker);
  }

  /** From now on no worker is replaced. Hung workers are still killed, because shutdown waits for every worker. */
  end(): void {
    this.#ending = true;
    const [serving] = this.#pool.listening;
    this.#kept_port.release(serving);
  }

  #start(): void {
    if (this.#ending) return;
    const worker = cluster.fork({ ...MALLOC, ...process.env });
    this.alive.add(worker);
    closeHandoffs(worker, () => this.#lose());
    this.#kept_port.watch(worker);
    worker.on("error", (err) => {
      // A failed send to an ending worker is no error: its end is reported by another event.
      if (worker.process.pid !== undefined) return;
      this.#log.error({ err }, "the system starts no worker");
      this.alive.delete(worker);
      this.#pool.died(worker);
    });
  }

  #serve(worker: Worker): void {
    // A port that was closed with its last worker must be opened again with the same number.
    if (this.#departures.port_is_closed && !this.#kept_port.is_kept) this.#asked_port = this.port;
    tell(worker, { serve_port: this.#asked_port });
  }

  #leave(worker: Worker): void {
    if (this.#ending) return;
    this.#pool.leaves(worker);
    this.#departures.goes(worker);
  }

  #ping(worker: Worker): void {
    tell(worker, { ping: this.counts });
  }

  #kill(worker: Worker): void {
    const { worker_silence_ms } = this.#config.limits;
    const what = `a worker did not answer for ${worker_silence_ms} ms (worker_silence_ms) and is killed`;
    const grammar = this.#suspects.hangs(worker);
    this.#log.error({ worker: worker.process.pid, grammar }, what);
    if (grammar !== undefined) this.#tellRefusedToAll();
    this.#leave(worker);
    worker.process.kill("SIGKILL");
  }

  /** Sends the refused grammars to all workers, now and when the refusal is over. Workers that load later get them then. */
  #tellRefusedToAll(): void {
    for (const worker of this.alive) this.#tellRefused(worker);
    setTimeout(() => {
      for (const worker of this.alive) this.#tellRefused(worker);
    }, REFUSED_MS + 1).unref();
  }

  #tellRefused(worker: Worker): void {
    tell(worker, { refused_grammars: this.#suspects.refused });
  }

  /**
   * A worker had no descriptor for a connection. There may be hundreds of such connections; one line reports them all.
   */
  #lose(): void {
    this.#lost_connections += 1;
    if (this.#lost_connections > 1) return;
    setTimeout(() => {
      this.#log.warn({ connections: this.#lost_connections }, "closed: a worker had no descriptors left");
      this.#lost_connections = 0;
    }, LOST_LINE_MS).unref();
  }
}

/**
 * Makes a worker finish and take no new connection. The primary stops listening for it first, and then tells it: a
 * connection that is being handed over meanwhile is still taken. If workers stopped listening themselves, the last one
 * would hand such a connection back, and it would stay open, unread, until the primary ends.
 */
export function retire(worker: Worker): void {
  if (!worker.isConnected()) return;
  worker.disconnect();
  tell(worker, CLOSE);
}

/** Sends a message to a worker. A worker whose channel is closed does not need it. */
export function tell(worker: Worker, message: string | Serve | Ping | Refuse): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** No worker could begin to serve, and another try would fail in the same way. */
function giveUp(log: Logger): never {
  log.fatal("no worker could start");
  process.exit(1);
}
