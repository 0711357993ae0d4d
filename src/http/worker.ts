/** A worker process: config → app → listen, and at the end: not ready → no new connections → answer what is left. */
import { setTimeout as sleep } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { pino } from "pino";
import { type App, buildApp } from "../app.ts";
import type { Config } from "../config.ts";
import { createSampler } from "../sampling/sampler.ts";
import { DRAIN } from "./primary.ts";

const MICROSECONDS = 1000;
/** How often connections that have become idle are looked for while the server closes. */
const SWEEP_MS = 25;

export async function runWorker(config: Config): Promise<void> {
  const { limits } = config;
  const log = pino({
    level: config.log_level,
    base: { pid: process.pid },
    redact: ["headers.authorization"],
  });
  const sampler = createSampler(limits, () => performance.now() * MICROSECONDS);
  const app = await buildApp({ config, sampler, logger: log });

  // Signals are the primary's affair: a terminal sends them to every process.
  const options = {
    delay: limits.drain_ms + limits.shutdown_ms,
    logger: log,
    skip: ["SIGINT", "SIGTERM", "beforeExit"],
  } as const;
  const grace = closeWithGrace({ ...options, skip: [...options.skip] }, async ({ err }) => {
    if (err !== undefined) log.fatal({ err }, "a defect ends the worker");
    await drain(app, err === undefined ? limits.drain_ms : 0);
  });
  const end = onceOnly(() => grace.close());
  process.on("SIGINT", () => undefined).on("SIGTERM", end);
  process.on("message", (message) => message === DRAIN && end()).on("disconnect", end);

  try {
    await app.server.listen({ host: config.host, port: config.port });
  } catch (error) {
    log.fatal({ err: error }, "cannot listen");
    process.exit(1);
  }
}

async function drain({ server, service }: App, drain_ms: number): Promise<void> {
  service.admission.draining = true;
  if (drain_ms > 0) await sleep(drain_ms);
  const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP_MS);
  await server.close();
  clearInterval(sweep);
}

function onceOnly(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
