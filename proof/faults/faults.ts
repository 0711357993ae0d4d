/**
 * Failures of workers and their environment: a worker is killed, broken or stuck; the service is told to end; clients
 * are slow.
 */
import { type RunningService, startService } from "../../evidence/service.ts";
import { Connection } from "../connection.ts";
import { encode } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { Clients } from "./clients.ts";
import { proveProcesses } from "./processes.ts";
import { proveSlowClients } from "./slow.ts";
import { proveSlowReader } from "./slow-reader.ts";

const CONNECTIONS = 16;
const BACK_MS_MAX = 500;
const END_MS_MAX = 10_000;

export const FAULTS: Proof = {
  name: "faults",
  promise: "a dead, broken or hanging worker, a SIGTERM and slow clients do not affect other requests",
  run,
};

async function run(form: Form, report: Report): Promise<void> {
  await proveKill(form, report);
  await proveProcesses(form, report);
  await proveDrain(report);
  await proveSlowClients(form, report);
  await proveSlowReader(report);
}

/** kill -9 of one of two workers under load: soon after the start, and again once a spare worker is ready. */
async function proveKill({ long }: Form, report: Report): Promise<void> {
  const service = await startService({ WORKERS: "2" });
  try {
    const clients = new Clients(service.url, CONNECTIONS);
    await clients.answered(200);
    await killOne("kill -9 at the start", service, clients, report);
    const until_ms = performance.now() + (long ? 10_000 : 3000);
    while (performance.now() < until_ms) await clients.answered(10);
    const back_ms = await killOne("kill -9", service, clients, report);
    report.timed(
      `full service is back in less than ${BACK_MS_MAX} ms`,
      back_ms < BACK_MS_MAX,
      `${back_ms.toFixed(0)} ms`,
    );
    const { answers, wrong } = await clients.end();
    report.claim("kill -9: no answer is wrong", wrong === 0, `${wrong} of ${answers} wrong`);
  } finally {
    await service.stop();
  }
}

/** Milliseconds until another worker serves. */
async function killOne(
  name: string,
  { worker_pids }: RunningService,
  clients: Clients,
  report: Report,
): Promise<number> {
  const [workers, lost] = [worker_pids.length, clients.lost];
  const killed_ms = performance.now();
  process.kill(worker_pids.at(-1)!, "SIGKILL");
  while (worker_pids.length === workers && performance.now() - killed_ms < 20_000) await clients.answered(1);
  const back_ms = performance.now() - killed_ms;
  await clients.answered(500);
  const lost_now = clients.lost - lost;
  report.claim(`${name}: another worker replaces it`, worker_pids.length > workers);
  report.claim(
    `${name}: only requests in progress fail, at most one a connection`,
    lost_now <= CONNECTIONS,
    `${lost_now} requests`,
  );
  return back_ms;
}

/** SIGTERM under load. */
async function proveDrain(report: Report): Promise<void> {
  const service = await startService({ WORKERS: "2", LOGIT_SAMPLER_DRAIN_MS: "400" });
  const clients = new Clients(service.url, CONNECTIONS);
  await clients.answered(500);
  const probe = new Connection(service.url);
  const ready = { method: "GET", path: "/readyz" };
  const before = (await probe.exchange(encode(ready))).status;
  clients.mark();
  const began_ms = performance.now();
  const ended = service.stop();
  const during = await untilDraining(probe);
  report.claim(
    "SIGTERM: /readyz answers 503 before the service ends",
    before === 200 && during === 503,
    `${before}, then ${during}`,
  );
  const code = await ended;
  const took_ms = performance.now() - began_ms;
  const { wrong, lost_of_marked, answers } = await clients.end();
  report.claim(
    "SIGTERM: requests sent before it are answered",
    lost_of_marked === 0,
    `${lost_of_marked} of ${answers} lost`,
  );
  report.claim("SIGTERM: no answer is wrong", wrong === 0);
  report.claim("SIGTERM: the service ends by itself, with code 0", code === 0, `code ${code}`);
  report.claim(`SIGTERM: it ends within ${END_MS_MAX} ms`, took_ms < END_MS_MAX, `${took_ms.toFixed(0)} ms`);
  probe.close();
}

/** The first status of /readyz that is not 200, on one connection or, when that is closed, on others. */
async function untilDraining(probe: Connection): Promise<number> {
  for (;;) {
    try {
      const { status } = await probe.exchange(encode({ method: "GET", path: "/readyz" }));
      if (status !== 200) return status;
    } catch {
      return 0;
    }
  }
}
