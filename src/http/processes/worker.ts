/** A worker process: config → app → listen; and at the end: not ready → requests in progress are answered → exit. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import closeWithGrace, { type Options } from "close-with-grace";
import type { Logger } from "pino";
import { type App, buildApp } from "../../app.ts";
import type { Config } from "../../config/config.ts";
import { VERSION } from "../../config/version.ts";
import { loadVocabularies } from "../../config/vocabularies.ts";
import { createSampler } from "../../sampling/sampler.ts";
import { type Bus, createWorkerBus } from "../bus/bus.ts";
import { createLog } from "../observe/log.ts";
import type { Tracing } from "../observe/telemetry.ts";
import { type CannotListen, cannotListen } from "./cannot-listen.ts";
import { capConnections } from "./connections-max.ts";
import { terminalLog } from "./console.ts";
import { DEFECTS, takeDefects } from "./defects.ts";
import { createGrammarWatch } from "./grammar-watch.ts";
import { CLOSE, DRAIN, DRAINING, isPing, isRefuse, isServe, type Ping, PONG, READY } from "./messages.ts";
import { tell } from "./tell.ts";
import { warmUp } from "./warm-up.ts";

const MICROSECONDS = 1000;
/** Milliseconds between searches for idle connections while the server closes. */
const SWEEP_MS = 25;

export async function runWorker(config: Config): Promise<void> {
  const { limits } = config;
  const log = createLog(config, "worker", terminalLog());
  const grammar_watch = createGrammarWatch(tell);
  const sampler = createSampler(limits, () => performance.now() * MICROSECONDS, {
    keys: config.watermark_keys,
    digest: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    vocabularies: loadVocabularies(config.vocabularies_dir, config.vocabulary),
    grammar_watch,
  });
  const tracing = await openTracing(config, log);
  const app = await buildApp({ config, sampler, logger: log, bus: busToOthers(), tracing });
  capConnections(app);

  const closed = new Promise((resolve) => app.server.server.once("close", resolve));
  const finish = async () => {
    await close(app, closed);
    await tracing?.close();
  };
  const defects = takeDefects({ app, log, finish });

  // The primary handles signals: a terminal sends them to every process.
  const skip: NonNullable<Options["skip"]> = ["SIGINT", "SIGTERM", "beforeExit", ...DEFECTS];
  const delay = limits.drain_ms + limits.shutdown_ms;
  const grace = closeWithGrace({ delay, logger: log, skip }, finish);
  const end = onceOnly(() => (defects.found ? defects.end() : grace.close()));
  const endAlone = onceOnly(() => {
    app.service.admission.draining = true;
    setTimeout(end, limits.drain_ms);
  });
  process.on("SIGINT", () => undefined).on("SIGTERM", endAlone);
  process.on("message", (message) => {
    if (message === DRAIN) void drain(app);
    if (message === CLOSE) end();
    if (isServe(message)) void listen(app, config.host, message.serve_port, log);
    if (isPing(message)) hear(app, message);
    if (isRefuse(message)) grammar_watch.refuse(message.refused_grammars);
  });
  process.on("disconnect", end);

  app.service.admission.standby = true;
  await app.server.ready();
  warmUp(sampler);
  tell(READY);
}

/** Answers the primary's ping, and keeps the counts of all workers. */
function hear({ service }: App, { ping }: Ping): void {
  service.health.workers = ping;
  tell(PONG);
}

/** Listens. If it cannot, it tells the primary why, and this process ends. */
async function listen({ server, service }: App, host: string, port: number, log: Logger): Promise<void> {
  service.admission.standby = false;
  try {
    await server.listen({ host, port });
  } catch (error) {
    log.debug({ err: error }, "cannot listen");
    const why: CannotListen = { cannot_listen: cannotListen(error, host, port) };
    // The primary may end first, because another worker has reported the same.
    const exit = () => process.exit(1);
    process.once("disconnect", exit);
    process.send?.(why, undefined, undefined, exit);
  }
}

function busToOthers(): Bus {
  return createWorkerBus({
    send: tell,
    onMessage: (take) => void process.on("message", take),
  });
}

async function openTracing({ tracing }: Config, log: Logger): Promise<Tracing | undefined> {
  if (tracing === undefined) return undefined;
  const { createTracing } = await import("../observe/telemetry.ts");
  return createTracing(tracing, VERSION, log);
}

/** Reports not ready, and tells the primary once every request that had arrived by then was read. */
async function drain({ service }: App): Promise<void> {
  service.admission.draining = true;
  // The first turn ends the poll in which the message came; the next has read all sockets that were ready then.
  await nextTurn();
  await nextTurn();
  tell(DRAINING);
}

async function close({ server, service }: App, closed: Promise<unknown>): Promise<void> {
  service.admission.draining = true;
  const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP_MS);
  // Ends the streams too. When the primary has closed the server already, this does not wait for its connections.
  await server.close();
  await closed;
  clearInterval(sweep);
}

function onceOnly(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
