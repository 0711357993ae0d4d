/**
 * Checks that no allowed request blocks the event loop: sends the costliest requests of every route while a canary
 * measures delays.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { startService } from "../../evidence/service.ts";
import { Connection } from "../connection.ts";
import { encode } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";
import type { Probes } from "./canary.ts";
import { COSTLY, type Costly, costlyFrames } from "./costly.ts";
import { Canary } from "./watch.ts";

const P99_MS_MAX = 10;
const STALL_MS_MAX = 50;
const ROUNDS = { short: 1, long: 3 };
const STREAM_ROWS = { short: 8, long: 64 };
const IDLE_MS = 300;

export const TURNS: Proof = {
  name: "turns",
  promise: `no allowed request blocks the event loop for more than ${P99_MS_MAX} ms in 99 of 100 probes, or for more than ${STALL_MS_MAX} ms in any`,
  run,
};

interface Stall {
  readonly worst_ms: number;
  readonly seen_ms: number;
  readonly p99_ms: number;
}

async function run({ long }: Form, report: Report): Promise<void> {
  const service = await startService();
  const [worker_pid = 0] = service.worker_pids;
  const canary = new Canary({ url: service.url, worker_pid });
  const rounds = ROUNDS[long ? "long" : "short"];
  const rows = STREAM_ROWS[long ? "long" : "short"];
  const stalls: Stall[] = [];
  const own_ms: number[] = [];
  /**
   * The longest delay of each round; the smallest of these counts, because a delay in only one round comes from the
   * machine.
   */
  const watch = async (name: string, work: () => Promise<string | undefined>) => {
    let least: Stall | undefined;
    let failure: string | undefined;
    for (let round = 0; round < rounds; round++) {
      await canary.probes();
      failure ??= await work();
      await sleep(5);
      const probes = await canary.probes();
      for (const each of probes.own_ms) own_ms.push(each);
      const stall = stallOf(probes);
      if (least === undefined || stall.worst_ms < least.worst_ms) least = stall;
    }
    report.claim(`${name}: gets the expected answer`, failure === undefined, failure);
    if (least === undefined) return;
    stalls.push(least);
    const { worst_ms, p99_ms, seen_ms } = least;
    report.timed(
      `${name}: no turn of more than ${STALL_MS_MAX} ms`,
      worst_ms <= STALL_MS_MAX,
      `${worst_ms.toFixed(1)} ms (p99 ${p99_ms.toFixed(1)}; with what other processes took ${seen_ms.toFixed(1)})`,
    );
  };
  try {
    await warm(canary);
    await watch("an idle service", async () => void (await sleep(IDLE_MS)));
    for (const each of COSTLY.filter(({ in_ci }) => long || in_ci))
      await watch(`${each.route}, ${each.name}`, () => ask(service.url, each));
    await watch(`/v1/stream, ${rows} rows of 262,144 in one piece`, () => stream(service.url, rows));
    await watch(`WebSocket, ${rows} rows of 262,144`, () => webSocket(service.url, rows));
    tell(report, stalls, own_ms);
    report.claim("no worker died", service.worker_pids.length === 1);
  } finally {
    await canary.end();
    await service.stop();
  }
}

/** Waits until the canary itself is compiled. */
async function warm(canary: Canary): Promise<void> {
  for (let probes = 0; probes < 100; probes += (await canary.probes()).own_ms.length) await sleep(50);
}

function tell(report: Report, stalls: readonly Stall[], own_ms: readonly number[]): void {
  const worst_ms = Math.max(...stalls.map((stall) => stall.worst_ms));
  const p99_ms = quantile(own_ms, 0.99);
  report.timed(
    `99 of 100 probes within ${P99_MS_MAX} ms`,
    p99_ms <= P99_MS_MAX,
    `${p99_ms.toFixed(1)} ms of ${own_ms.length}`,
  );
  report.timed(
    `no turn of more than ${STALL_MS_MAX} ms`,
    worst_ms <= STALL_MS_MAX,
    `${worst_ms.toFixed(1)} ms`,
  );
}

function stallOf({ own_ms, seen_ms }: Probes): Stall {
  return {
    worst_ms: Math.max(0, ...own_ms),
    seen_ms: Math.max(0, ...seen_ms),
    p99_ms: quantile(own_ms, 0.99),
  };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** The error in the answer; undefined when there is none. */
async function ask(url: string, { message, refused_by }: Costly): Promise<string | undefined> {
  const connection = new Connection(url);
  try {
    const { status, body } = await connection.exchange(encode(message()));
    if (refused_by === undefined) return status === 200 ? undefined : `${status} ${body.slice(0, 300)}`;
    return status === 422 && body.includes(refused_by) ? undefined : `${status} ${body.slice(0, 300)}`;
  } finally {
    connection.close();
  }
}

async function stream(url: string, rows: number): Promise<string | undefined> {
  const body = costlyFrames(rows);
  const connection = new Connection(url);
  const headers = { "content-type": "application/octet-stream" };
  const reply = await connection.exchange(encode({ path: "/v1/stream", headers, body }));
  connection.close();
  const lines = reply.body.trim().split("\n");
  return lines.length === rows && lines.every((line) => line.includes("token_id"))
    ? undefined
    : reply.body.slice(0, 300);
}

async function webSocket(url: string, rows: number): Promise<string | undefined> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/stream`);
  await once(socket, "open");
  const frames = costlyFrames(rows);
  const lines: string[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on("close", resolve);
    socket.on("message", (line) => {
      if (lines.push(String(line)) === rows) resolve();
    });
  });
  for (let at = 0; at < frames.length; ) {
    const length = frames.readUInt32LE(at) & 0x7fff_ffff;
    const is_text = frames.readUInt32LE(at) >= 0x8000_0000;
    const message = frames.subarray(at + 4, at + 4 + length);
    socket.send(is_text ? message.toString() : message);
    at += 4 + length;
  }
  await all;
  socket.close();
  return lines.every((line) => line.includes("token_id")) ? undefined : lines.join("\n").slice(0, 300);
}
