/**
 * The primary process: starts the workers with what large bodies need of V8 and of malloc, replaces a worker that
 * dies, and on SIGTERM or SIGINT lets all of them finish what they have begun.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import closeWithGrace from "close-with-grace";
import { type Logger, pino } from "pino";
import type { Config } from "../config.ts";

/**
 * malloc keeps the pages that 64 KiB buffers come and go in, instead of giving them back to the system after every
 * large body: 0 page faults a request instead of 34.
 */
const MALLOC = { MALLOC_TRIM_THRESHOLD_: "536870912", MALLOC_TOP_PAD_: "67108864" };

/** With buffers swept on another thread, some processes never settle into reusing them. */
const V8_FLAGS = ["--no-concurrent-array-buffer-sweeping"];

/** What the primary tells a worker. */
export const DRAIN = "drain";

/** Longer than a worker may take. */
const MARGIN_MS = 2000;
/** A worker that dies sooner than this after its start is replaced only then. */
const LIFE_MS_MIN = 1000;

export function runPrimary(config: Config): void {
  const log = pino({ level: config.log_level, base: { pid: process.pid } });
  log.info({ ...config }, "starting");
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...V8_FLAGS] });
  const listening = new Set<Worker>();
  let port = config.port;
  let ending = false;
  const start = () => cluster.fork({ ...MALLOC, ...process.env, PORT: String(port) });
  for (let count = 0; count < config.workers; count++) start();

  cluster.on("listening", (worker, address) => {
    port = address.port;
    listening.add(worker);
    if (listening.size === config.workers)
      log.info({ workers: config.workers }, `listening at http://${urlHost(config.host)}:${port}`);
  });
  cluster.on("exit", (worker, code, signal) => {
    const served = listening.delete(worker);
    if (ending) return;
    log.error({ worker: worker.process.pid, code, signal }, "a worker died");
    if (served) start();
    else if (listening.size === 0) giveUp(log);
    else setTimeout(start, LIFE_MS_MIN);
  });
  const delay = config.limits.drain_ms + config.limits.shutdown_ms + MARGIN_MS;
  closeWithGrace({ delay, logger: log, skip: ["beforeExit"] }, async ({ signal, err }) => {
    ending = true;
    log.info({ signal, err }, "ending");
    await Promise.all(workers().map((worker) => endWorker(worker, listening.has(worker))));
    log.info("ended");
  });
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** A worker that does not serve yet has nothing to finish, and would not hear. */
async function endWorker(worker: Worker, serves: boolean): Promise<void> {
  if (worker.isDead()) return;
  const ended = once(worker, "exit");
  if (serves) worker.send(DRAIN);
  else worker.process.kill("SIGKILL");
  await ended;
}

/** No worker could even begin to serve, and another try would end alike. */
function giveUp(log: Logger): never {
  log.fatal("no worker could start");
  process.exit(1);
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
