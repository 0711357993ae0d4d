/** Faults of a worker that is still alive: an uncaught error, an endless loop, no free descriptors. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningService, startService } from "../../evidence/service.ts";
import type { Form, Report } from "../proof.ts";
import { Clients } from "./clients.ts";
import { DEFECT_SIGNAL, WITH_DEFECTS } from "./defect.ts";

const CONNECTIONS = 16;
const SERVES_MS_MAX = 50;
const SILENCE_MS = 2000;
const DESCRIPTORS = 256;
const WAIT_MS_MAX = 30_000;

export async function proveProcesses(form: Form, report: Report): Promise<void> {
  await proveDefect(form, report);
  if (process.platform !== "linux") return;
  await proveHang(report);
  await proveDescriptors(form, report);
}

/** Uncaught errors under load, one after another; each once the service has recovered from the one before. */
async function proveDefect({ long }: Form, report: Report): Promise<void> {
  const service = await startService({ WORKERS: "2", ...WITH_DEFECTS });
  try {
    const clients = new Clients(service.url, CONNECTIONS);
    const took_ms: number[] = [];
    for (let defect = 0; defect < (long ? 20 : 2); defect++) {
      await untilWell(clients);
      took_ms.push(await defectIn(service, clients));
    }
    const { answers, wrong, lost, refused } = await clients.end();
    const got = `${lost} lost, ${refused} refused, ${wrong} wrong of ${answers}`;
    report.claim("a defect: no request in progress is lost or wrong", lost + refused + wrong === 0, got);
    const worst_ms = Math.max(...took_ms);
    const sentence = `a defect: the spare worker serves within ${SERVES_MS_MAX} ms`;
    report.timed(sentence, worst_ms < SERVES_MS_MAX, `${worst_ms.toFixed(0)} ms at the worst`);
  } finally {
    await service.stop();
  }
}

/** Milliseconds until another worker serves. */
async function defectIn({ worker_pids }: RunningService, clients: Clients): Promise<number> {
  const workers = worker_pids.length;
  const began_ms = performance.now();
  process.kill(worker_pids.at(-1) ?? 0, DEFECT_SIGNAL);
  while (worker_pids.length === workers && performance.now() - began_ms < WAIT_MS_MAX)
    await clients.answered(1);
  return performance.now() - began_ms;
}

/** Long enough to load a spare worker. */
async function untilWell(clients: Clients): Promise<void> {
  const until_ms = performance.now() + 3000;
  while (performance.now() < until_ms) await clients.answered(10);
}

/** SIGSTOP: the worker neither ends nor answers. */
async function proveHang(report: Report): Promise<void> {
  const service = await startService({ WORKERS: "2", LOGIT_SAMPLER_WORKER_SILENCE_MS: String(SILENCE_MS) });
  try {
    const clients = new Clients(service.url, CONNECTIONS);
    await untilWell(clients);
    const { worker_pids } = service;
    const workers = worker_pids.length;
    const began_ms = performance.now();
    process.kill(worker_pids.at(-1) ?? 0, "SIGSTOP");
    while (worker_pids.length === workers && performance.now() - began_ms < WAIT_MS_MAX) await sleep(5);
    const took_ms = performance.now() - began_ms;
    await clients.answered(500);
    const { wrong, lost } = await clients.end();
    report.claim("a worker that hangs is replaced", worker_pids.length > workers);
    report.claim(
      "a worker that hangs: only its own requests are lost, at most one a connection",
      lost <= CONNECTIONS && wrong === 0,
      `${lost} lost, ${wrong} wrong`,
    );
    report.timed(
      `a worker that hangs is replaced within 1.5 times ${SILENCE_MS} ms (worker_silence_ms)`,
      took_ms < 1.5 * SILENCE_MS,
      `${took_ms.toFixed(0)} ms`,
    );
  } finally {
    await service.stop();
  }
}

/**
 * More connections than a process has descriptors; and a connection limit that is too high, so that descriptors run
 * out.
 */
async function proveDescriptors({ long }: Form, report: Report): Promise<void> {
  for (const environment of [{}, { LOGIT_SAMPLER_CONNECTIONS_MAX: "4000" }]) {
    const within = ["prlimit", `--nofile=${DESCRIPTORS}`];
    const service = await startService({ WORKERS: "2", ...environment }, process.execPath, within);
    try {
      for (let round = 0; round < (long ? 10 : 2); round++) await crowd(service);
      const clients = new Clients(service.url, CONNECTIONS);
      await clients.answered(1000);
      const { lost, refused, wrong } = await clients.end();
      const kind = "LOGIT_SAMPLER_CONNECTIONS_MAX" in environment ? "too high a limit" : "the usual limit";
      report.claim(
        `600 connections to ${DESCRIPTORS} descriptors, with ${kind}: the service works again after they are closed`,
        lost + refused + wrong === 0,
        `${lost} lost, ${refused} refused, ${wrong} wrong`,
      );
    } finally {
      await service.stop();
    }
  }
}

/** Opens 600 silent connections in groups, and then closes them all. */
async function crowd({ url }: RunningService): Promise<void> {
  const port = Number(new URL(url).port);
  const all: Socket[] = [];
  for (let group = 0; group < 12; group++) {
    for (let count = 0; count < 50; count++)
      all.push(connect(port, "127.0.0.1").on("error", () => undefined));
    await sleep(100);
  }
  for (const socket of all) socket.destroy();
  // Waits until the service has noticed that the connections are closed.
  await sleep(500);
}
