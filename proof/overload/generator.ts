/**
 * The load generator, a process of its own so that its CPU time is measured apart. It sends prepared requests over
 * kept-alive connections, either one after the other (closed) or at fixed times whatever the service does (open), and
 * compares every reply with the expected one.
 */
import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "../connection.ts";

export interface LoadJob {
  readonly url: string;
  /** requests, each with the reply that it must get */
  readonly requests: readonly { readonly bytes: Uint8Array; readonly expected: string }[];
  readonly connections: number;
  readonly duration_ms: number;
  /** requests a second; absent: the next request follows each reply */
  readonly rate?: number;
}

export interface LoadResult {
  readonly sent: number;
  /** latencies of right answers, and of refusals with Retry-After, from the scheduled time, ms */
  readonly accepted_ms: readonly number[];
  readonly refused_ms: readonly number[];
  /** answers that are neither right nor a proper refusal */
  readonly wrong: number;
  /** no answer at all */
  readonly lost: number;
  readonly elapsed_ms: number;
  /** the longest delay of the generator itself, ms */
  readonly late_ms: number;
  /** the generator's share of one core */
  readonly cpu_share: number;
}

interface Tally {
  sent: number;
  readonly accepted_ms: number[];
  readonly refused_ms: number[];
  wrong: number;
  lost: number;
  late_ms: number;
}

async function load(job: LoadJob): Promise<LoadResult> {
  const tally: Tally = { sent: 0, accepted_ms: [], refused_ms: [], wrong: 0, lost: 0, late_ms: 0 };
  const began_ms = performance.now();
  const cpu_before = process.cpuUsage();
  await (job.rate === undefined ? closed(job, tally) : open(job, job.rate, tally));
  const elapsed_ms = performance.now() - began_ms;
  const { user, system } = process.cpuUsage(cpu_before);
  return { ...tally, elapsed_ms, cpu_share: (user + system) / 1000 / elapsed_ms };
}

async function closed(job: LoadJob, tally: Tally): Promise<void> {
  const end_ms = performance.now() + job.duration_ms;
  const client = async () => {
    const connection = new Connection(job.url);
    while (performance.now() < end_ms) await send(job, connection, performance.now(), tally);
    connection.close();
  };
  await Promise.all(Array.from({ length: job.connections }, client));
}

/** Requests that find no free connection wait, and their latency grows meanwhile. */
async function open(job: LoadJob, rate: number, tally: Tally): Promise<void> {
  const free = Array.from({ length: job.connections }, () => new Connection(job.url));
  await Promise.all(free.map((connection) => connection.open()));
  const begin_ms = performance.now();
  const count = Math.floor((rate * job.duration_ms) / 1000);
  const under_way = new Set<Promise<void>>();
  const waiting: number[] = [];
  const start = (connection: Connection, due_ms: number) => {
    const done = send(job, connection, due_ms, tally).then(() => {
      under_way.delete(done);
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else start(connection, next);
    });
    under_way.add(done);
  };
  for (let i = 0; i < count; i++) {
    const due_ms = begin_ms + (i * 1000) / rate;
    while (performance.now() < due_ms) await sleep(1);
    tally.late_ms = Math.max(tally.late_ms, performance.now() - due_ms);
    const connection = free.pop();
    if (connection === undefined) waiting.push(due_ms);
    else start(connection, due_ms);
    // Replies must be read even when requests are due.
    if (i % 16 === 15) await new Promise(setImmediate);
  }
  while (under_way.size > 0) await Promise.all(under_way);
  for (const connection of free) connection.close();
}

async function send(job: LoadJob, connection: Connection, due_ms: number, tally: Tally): Promise<void> {
  const { bytes, expected } = job.requests[tally.sent++ % job.requests.length]!;
  try {
    const { status, headers, body } = await connection.exchange(bytes);
    const took_ms = performance.now() - due_ms;
    if (status === 200 && body === expected) tally.accepted_ms.push(took_ms);
    else if (status === 503 && Number(headers.get("retry-after")) >= 1) tally.refused_ms.push(took_ms);
    else tally.wrong += 1;
  } catch {
    tally.lost += 1;
  }
}

process.once("message", async (job: LoadJob) => {
  const requests = job.requests.map(({ bytes, expected }) => ({ bytes: Buffer.from(bytes), expected }));
  const result = await load({ ...job, requests });
  process.send?.(result, () => process.disconnect());
});
