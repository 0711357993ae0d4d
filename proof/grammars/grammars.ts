/**
 * An attacker's grammars: two workers with default settings, eight clients that send one form as fast as they get
 * answers, and meanwhile two clients that take small steps, each of which is timed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startService } from "../../evidence/service.ts";
import { quantile } from "../../examples/model-host/report.ts";
import { Connection, ConnectionLost } from "../connection.ts";
import { residentMiB } from "../memory.ts";
import { encode } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { Canary } from "../turns/watch.ts";
import { ATTACKS, type Attack, step } from "./attacks.ts";

export const GRAMMARS: Proof = {
  name: "grammars",
  promise: "no grammar ends a worker, delays other steps, or holds memory that is not counted",
  run,
};

const ATTACKERS = 8;
const ATTACK_MS = { short: 2000, long: 10_000 };
const RSS_MIB_MAX = 512;
const CALM_MS = 5000;
const RECOVERY_MS = 30_000;
/** How much the memory of a worker may grow: the limit for its grammars, and a little more. */
const KEPT_MIB = 192;

interface Outcome {
  answered: number;
  readonly statuses: Map<number, number>;
  lost: number;
}

async function run({ long }: Form, report: Report): Promise<void> {
  const service = await startService({ WORKERS: "2" });
  const { url, worker_pids } = service;
  const probe = encode(step({ temperature: 0.8 }));
  const canaries = worker_pids.map((worker_pid) => new Canary({ url, worker_pid, probe }));
  try {
    await sleep(CALM_MS);
    const before_mib = Math.max(...worker_pids.map((pid) => residentMiB([pid])));
    const calm = await probesOf(canaries);
    report.figure("undisturbed", timesText(calm));
    let peak_mib = 0;
    const watcher = setInterval(() => {
      peak_mib = Math.max(peak_mib, ...worker_pids.map((pid) => residentMiB([pid])));
    }, 100);
    const all: number[] = [];
    for (const attack of ATTACKS) {
      await probesOf(canaries);
      const outcome = await attacked(url, attack, ATTACK_MS[long ? "long" : "short"]);
      const times = await probesOf(canaries);
      all.push(...times);
      report.claim(`${attack.name}: no connection is lost`, outcome.lost === 0, outcomeText(outcome));
      report.timed(
        `${attack.name}: other clients wait less than 50 ms in 99 of 100 cases, and never 250`,
        quantile(times, 0.99) < 50 && Math.max(...times) < 250,
        timesText(times),
      );
    }
    report.figure("other clients, during all attacks", timesText(all));
    clearInterval(watcher);
    report.claim(
      `a worker takes at most ${RSS_MIB_MAX} MiB`,
      peak_mib <= RSS_MIB_MAX,
      `${peak_mib.toFixed(0)} MiB`,
    );
    await recovered(worker_pids, before_mib, report);
    report.claim("no worker died", worker_pids.every(isAlive) && (await replaced(url)) === 0);
  } finally {
    await Promise.all(canaries.map((canary) => canary.end()));
    await service.stop();
  }
}

async function recovered(pids: readonly number[], before_mib: number, report: Report): Promise<void> {
  const mib = () => Math.max(...pids.map((pid) => residentMiB([pid])));
  const began = performance.now();
  while (mib() > before_mib + KEPT_MIB && performance.now() - began < RECOVERY_MS) await sleep(250);
  report.claim(
    `within ${RECOVERY_MS / 1000} s each worker is back to its memory of before plus at most ${KEPT_MIB} MiB`,
    mib() <= before_mib + KEPT_MIB,
    `${mib().toFixed(0)} MiB, ${before_mib.toFixed(0)} before`,
  );
}

/** Milliseconds of each probe since the last call, without the time taken by other processes of the machine. */
async function probesOf(canaries: readonly Canary[]): Promise<number[]> {
  const probes = await Promise.all(canaries.map((canary) => canary.probes()));
  return probes.flatMap(({ own_ms }) => own_ms);
}

async function attacked(url: string, attack: Attack, duration_ms: number): Promise<Outcome> {
  const outcome: Outcome = { answered: 0, statuses: new Map(), lost: 0 };
  const until = performance.now() + duration_ms;
  let next = 0;
  const attacker = async () => {
    const connection = new Connection(url);
    while (performance.now() < until)
      try {
        const { status } = await connection.exchange(encode(attack.message(next++)));
        outcome.answered += 1;
        outcome.statuses.set(status, (outcome.statuses.get(status) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        outcome.lost += 1;
      }
    connection.close();
  };
  await Promise.all(Array.from({ length: ATTACKERS }, attacker));
  return outcome;
}

async function replaced(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^logit_sampler_worker_replacements_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function outcomeText({ statuses, lost }: Outcome): string {
  const counts = [...statuses].map(([status, count]) => `${count} × ${status}`);
  return [...counts, ...(lost > 0 ? [`${lost} lost`] : [])].join(", ");
}

function timesText(times: readonly number[]): string {
  const [p50, p99, worst] = [quantile(times, 0.5), quantile(times, 0.99), Math.max(...times)];
  return `${times.length} steps, median ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, worst ${worst.toFixed(1)} ms`;
}
