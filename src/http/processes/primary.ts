/**
 * The primary process. It starts the workers with V8's flags for large bodies, relays the workers' questions, and on
 * SIGTERM or SIGINT lets all workers finish their requests.
 */
import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { type Config, shownConfig } from "../../config/config.ts";
import { createRelay, type Peer } from "../bus/relay.ts";
import { createLog } from "../observe/log.ts";
import { keepRegions } from "../routes/v2/shared-regions.ts";
import { announce } from "./announce.ts";
import { terminalLog } from "./console.ts";
import { DRAIN, DRAINING } from "./messages.ts";
import { retire, tell, Workforce } from "./workforce.ts";

/**
 * V8's flags. With buffers swept on another thread, some processes never begin to reuse them. WebAssembly is compiled at
 * once by the optimizing compiler: by default V8 begins with baseline code, and needs hundreds of steps to replace it.
 * Old objects are collected each time they have grown by a quarter: by default V8 waits until they are several times as
 * large. It marks them between steps, so that the pause at the end is short.
 */
export const V8_FLAGS = [
  "--no-concurrent-array-buffer-sweeping",
  "--no-liftoff",
  "--no-wasm-lazy-compilation",
  "--heap-growing-percent=25",
];

/** Milliseconds until workers are killed: longer than a worker may take. */
const MARGIN_MS = 2000;
/** Milliseconds that requests sent before the end may take to reach a worker. */
const ARRIVAL_MS_MAX = 1000;

export function runPrimary(config: Config): void {
  const log = createLog(config, "primary", terminalLog());
  announce(config, log);
  log.info(shownConfig(config), "starting");
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...V8_FLAGS] });
  const workforce = new Workforce(config, log);
  /** workers whose channel is open */
  const peers = new Set<Worker>();
  const keeper: Peer = keepRegions(config, (message) => relay.heard(keeper, message));
  const relay = createRelay(
    () => [keeper, ...peers],
    () => workforce.counts,
  );

  cluster.on("message", (worker, message) => {
    peers.add(worker);
    workforce.heard(worker, message);
    relay.heard(worker, message);
  });
  cluster.on("listening", (worker, { port }) => {
    if (workforce.listens(worker, port))
      log.info({ workers: config.workers }, `listening at ${urlOf(config.host, port)}`);
  });
  cluster.on("exit", (worker, code, signal) => {
    peers.delete(worker);
    relay.gone(worker);
    workforce.exited(worker, code, signal);
  });
  const delay = config.limits.drain_ms + ARRIVAL_MS_MAX + config.limits.shutdown_ms + MARGIN_MS;
  // No worker survives the primary.
  const onTimeout = () => {
    log.error(`not ended within ${delay} ms: killed`);
    for (const worker of workforce.alive) worker.process.kill("SIGKILL");
  };
  closeWithGrace({ delay, onTimeout, logger: log, skip: ["beforeExit"] }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, "ending");
    else log.fatal({ err }, "a defect ends the primary");
    await endAll(config, workforce);
    log.info("ended");
  });
}

/**
 * Reports not ready, refuses new connections, answers the requests in progress, and ends the workers, in this order.
 */
async function endAll({ host, limits }: Config, workforce: Workforce): Promise<void> {
  workforce.end();
  const { alive, leaving, listening, port } = workforce;
  const ended = Promise.all([...alive].map(untilExit));
  const serving = [...listening];
  for (const worker of alive) {
    // A worker that does not serve yet has nothing to finish, and cannot receive the message.
    if (listening.has(worker)) tell(worker, DRAIN);
    else if (leaving.has(worker)) retire(worker);
    else worker.process.kill("SIGKILL");
  }
  const arrived = serving.map((worker) => untilDraining(worker));
  if (limits.drain_ms > 0) await sleep(limits.drain_ms);
  if (serving.length > 0) await Promise.all([...arrived, knock(urlOf(host, port))]);
  for (const worker of serving) retire(worker);
  await ended;
}

/** Errors of the channel are ignored: another signal may already have ended the worker. */
function untilExit(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    if (worker.isDead()) resolve();
    worker.once("exit", () => resolve());
  });
}

/** Resolves when a worker has read everything that came before the end, has ended, or takes too long. */
function untilDraining(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ARRIVAL_MS_MAX).unref();
    worker.once("exit", () => resolve());
    worker.on("message", (message) => {
      if (message === DRAINING) resolve();
    });
  });
}

/**
 * Connects as the last client. Connections are handed to workers in order, so when this one is answered, all earlier ones
 * have a worker.
 */
async function knock(url: string): Promise<void> {
  const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(ARRIVAL_MS_MAX) };
  await fetch(`${url}/healthz`, options).then(
    (reply) => reply.arrayBuffer(),
    () => undefined,
  );
}

/** The address at which this machine reaches the service. */
function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
