/**
 * Checks whether memory grows with the number of requests: sends a mix of every form, refused and broken ones included,
 * and measures the resident memory of the worker throughout.
 */
import { randomRow } from "../../evidence/rows.ts";
import { seeded } from "../../evidence/seeded.ts";
import { startService } from "../../evidence/service.ts";
import { Connection, ConnectionLost } from "../connection.ts";
import { REQUESTS, STREAMS } from "../fuzz/seeds.ts";
import { bf16 } from "../fuzz/small-rows.ts";
import { residentMiB } from "../memory.ts";
import { BYTES_TYPE, encode, f32, jsonMessage, type Message } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";

/** A run ends after this number of requests, or after DURATION_MS. */
const REQUESTS_SENT = { short: 8000, long: 1_000_000 };
const DURATION_MS = 20 * 60_000;
const CONNECTIONS = 4;
/** Memory is measured after this number of requests. */
const SAMPLE_REQUESTS = { short: 80, long: 1000 };
/** The short form ends before the heap has reached its final size; it finds leaks of some kilobytes a request. */
const GROWTH_MAX = { short: 1.5, long: 1.02 };

export const LEAK: Proof = { name: "leak", promise: "memory does not grow with the number of requests", run };

const ROW = randomRow(4096, 9);
const byQuery = (dtype: string, body: Uint8Array): Message => ({
  path: `/v1/sample?dtype=${dtype}&temperature=0.8&top_p=0.95&seed=7`,
  headers: BYTES_TYPE,
  body,
});

/** Mostly the usual kind of row; now and then each of the fuzz's forms, a refusal and a broken body. */
function mix(): Uint8Array[] {
  const usual = [
    byQuery("f32", f32(ROW)),
    byQuery("bf16", bf16([...ROW])),
    jsonMessage("/v1/sample", { logits: [...ROW.subarray(0, 500)], top_k: 40 }),
  ];
  const refused = [
    jsonMessage("/v1/sample", { logits: [1, null] }),
    jsonMessage("/v1/sample", '{"logits":['),
    { method: "GET", path: "/nowhere" },
  ];
  return [...usual, ...usual, ...usual, ...REQUESTS, ...STREAMS, ...refused].map(encode);
}

async function run({ long, seed }: Form, report: Report): Promise<void> {
  const form = long ? "long" : "short";
  const service = await startService();
  const samples: number[] = [];
  const requests = mix();
  const total = REQUESTS_SENT[form];
  const began_ms = performance.now();
  let sent = 0;
  const client = async (index: number) => {
    const random = seeded(seed, index);
    const connection = new Connection(service.url);
    while (sent < total && performance.now() < began_ms + DURATION_MS) {
      sent += 1;
      if (sent % SAMPLE_REQUESTS[form] === 0) samples.push(residentMiB(service.worker_pids));
      const bytes = random.pick(requests);
      if (random.oneIn(50)) await breakOff(connection, bytes);
      else await ask(connection, bytes);
    }
    connection.close();
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => client(index)));
    const seconds = (performance.now() - began_ms) / 1000;
    tell(report, samples, GROWTH_MAX[form]);
    report.figure("requests", `${sent} at ${(sent / seconds).toFixed(0)} a second`);
    report.claim("no worker died", service.worker_pids.length === 1);
  } finally {
    await service.stop();
  }
}

/** Any answer is accepted here: other proofs check the content. */
async function ask(connection: Connection, bytes: Uint8Array): Promise<void> {
  try {
    await connection.exchange(bytes);
  } catch (error) {
    // A reply that announces it may have closed the connection before this request.
    if (!(error instanceof ConnectionLost)) throw error;
  }
}

/** Disconnects in the middle of a request. */
async function breakOff(connection: Connection, bytes: Uint8Array): Promise<void> {
  const socket = await connection.open();
  await new Promise((resolve) => socket.write(bytes.subarray(0, bytes.length >> 1), resolve));
  connection.close();
}

function tell(report: Report, samples: readonly number[], growth_max: number): void {
  const fifth = Math.floor(samples.length / 5);
  const mean = (list: readonly number[]) => list.reduce((sum, mib) => sum + mib, 0) / list.length;
  const second = mean(samples.slice(fifth, 2 * fifth));
  const last = mean(samples.slice(-fifth));
  report.claim(
    `resident memory in the last fifth is at most ${growth_max} times that in the second`,
    last <= growth_max * second,
    `${last.toFixed(0)} MiB after ${second.toFixed(0)} MiB, ${(last / second).toFixed(3)} times`,
  );
}
