/**
 * The primary process: starts the workers with what large bodies need of V8 and of malloc, replaces a worker that
 * dies, passes on what workers ask each other, and on SIGTERM or SIGINT lets all finish what they have begun.
 */
import cluster, { type Worker } from "node:cluster";
import { on, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";
import { type Config, shownConfig } from "../../config.ts";
import { announce } from "../announce.ts";
import { terminalLog } from "../console.ts";
import { createLog } from "../log.ts";
import { keepRegions } from "../shared-memory.ts";
import { closeHandoffs } from "./handoffs.ts";
import { Pool } from "./pool.ts";
import { createRelay, type Peer } from "./relay.ts";

/**
 * malloc keeps the pages that 64 KiB buffers come and go in, instead of giving them back to the system after every
 * large body: 0.1 page faults a request instead of 3, or of 34 before chunks were freed at once.
 */
export const MALLOC = { MALLOC_TRIM_THRESHOLD_: "536870912", MALLOC_TOP_PAD_: "67108864" };

/**
 * With buffers swept on another thread, some processes never settle into reusing them. And wasm is compiled at once and
 * as well as V8 can: by itself it would begin with quick code, and take hundreds of steps to leave it.
 */
export const V8_FLAGS = [
  "--no-concurrent-array-buffer-sweeping",
  "--no-liftoff",
  "--no-wasm-lazy-compilation",
];

/** What a worker tells the primary once it is loaded. */
export const READY = "ready";
/** What the primary tells a worker: to serve at a port. */
export interface Serve {
  readonly serve_port: number;
}
/** What it tells a worker at the end: to say that it is not ready; to finish what it has, and end. */
export const DRAIN = "drain";
export const CLOSE = "close";
/** What a worker tells the primary: that it has read what came before it was told to drain. */
export const DRAINING = "draining";

/** Longer than a worker may take. */
const MARGIN_MS = 2000;
/** Before a worker is started in the place of one that could not even begin to serve. */
const PAUSE_MS = 1000;
/** How long requests that came before the end may take to reach a worker. */
const ARRIVAL_MS_MAX = 1000;

export function runPrimary(config: Config): void {
  const log = createLog(config, "primary", terminalLog());
  announce(config, log);
  log.info(shownConfig(config), "starting");
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...V8_FLAGS] });
  let port = config.port;
  /** what the port that is shared was asked for as: a port of the system's choice is asked for as 0 */
  let asked_port = config.port;
  let ending = false;
  const start = () => closeHandoffs(cluster.fork({ ...MALLOC, ...process.env }));
  const pool = new Pool<Worker>({
    serving: config.workers,
    spare: config.spare_workers,
    start,
    serve(worker) {
      // The port is given up with its last worker, and must be the same again.
      if (pool.listening.size === 0) asked_port = port;
      tell(worker, { serve_port: asked_port } satisfies Serve);
    },
    startLater: () => void setTimeout(start, PAUSE_MS),
    giveUp: () => giveUp(log),
  });
  /** workers that can hear */
  const peers = new Set<Worker>();
  const keeper: Peer = keepRegions(config, (message) => relay.heard(keeper, message));
  const relay = createRelay(
    () => [keeper, ...peers],
    () => ({ running: pool.listening.size, replaced: pool.replaced }),
  );

  cluster.on("message", (worker, message) => {
    peers.add(worker);
    if (message === READY) pool.ready(worker);
    else relay.heard(worker, message);
  });
  cluster.on("listening", (worker, address) => {
    port = address.port;
    if (pool.listens(worker))
      log.info({ workers: config.workers }, `listening at ${urlOf(config.host, port)}`);
  });
  cluster.on("exit", (worker, code, signal) => {
    peers.delete(worker);
    relay.gone(worker);
    if (ending) return;
    log.error({ worker: worker.process.pid, code, signal }, "a worker died");
    pool.died(worker);
  });
  const delay = config.limits.drain_ms + ARRIVAL_MS_MAX + config.limits.shutdown_ms + MARGIN_MS;
  closeWithGrace({ delay, logger: log, skip: ["beforeExit"] }, async ({ signal, err }) => {
    ending = true;
    if (err === undefined) log.info({ signal }, "ending");
    else log.fatal({ err }, "a defect ends the primary");
    await endAll(config, port, pool.listening);
    log.info("ended");
  });
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** Not ready → no new connections → what is under way is answered → the workers end. */
async function endAll({ host, limits }: Config, port: number, listening: ReadonlySet<Worker>): Promise<void> {
  const all = workers();
  const serving = all.filter((worker) => listening.has(worker));
  const ended = Promise.all(all.map((worker) => (worker.isDead() ? undefined : once(worker, "exit"))));
  for (const worker of all) {
    // One that does not serve yet has nothing to finish, and would not hear.
    if (listening.has(worker)) tell(worker, DRAIN);
    else worker.process.kill("SIGKILL");
  }
  const arrived = serving.map((worker) => untilDraining(worker));
  if (limits.drain_ms > 0) await sleep(limits.drain_ms);
  if (serving.length > 0) await Promise.all([...arrived, knock(urlOf(host, port))]);
  // The primary stops listening first, and only then do workers hear of it: a connection that one of them is being
  // handed meanwhile is still taken. Were workers to stop listening themselves, the last would hand such a
  // connection back, and it would stay open, unread, until the primary ends.
  for (const worker of serving) worker.disconnect();
  for (const worker of serving) tell(worker, CLOSE);
  await ended;
}

/** A worker that is gone, or that goes by itself, need not hear. */
function tell(worker: Worker, message: string | Serve): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** Resolves when a worker has read what came before the end, is gone, or takes too long. */
async function untilDraining(worker: Worker): Promise<void> {
  const signal = AbortSignal.timeout(ARRIVAL_MS_MAX);
  try {
    for await (const [message] of on(worker, "message", { signal, close: ["exit"] }))
      if (message === DRAINING) return;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Comes as the last of all clients. Connections are handed to workers in the order in which they came, so when this
 * one is answered, all those before it have a worker.
 */
async function knock(url: string): Promise<void> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(ARRIVAL_MS_MAX) };
  await fetch(`${url}/healthz`, options).then(
    (reply) => reply.arrayBuffer(),
    () => undefined,
  );
}

/** No worker could even begin to serve, and another try would end alike. */
function giveUp(log: Logger): never {
  log.fatal("no worker could start");
  process.exit(1);
}

/** Where this machine reaches the service. */
function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
