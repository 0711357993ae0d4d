/**
 * Checks that a worker holds only the current row of each batch: sixteen batches at a time, 262 MB of logits in
 * transit.
 */
import { rawLoad } from "../../evidence/raw-client.ts";
import { f16Bytes, randomRow } from "../../evidence/rows.ts";
import type { Scenario } from "../../evidence/scenarios.ts";
import { startService } from "../../evidence/service.ts";
import { peakWhile, residentMiB } from "../memory.ts";
import type { Form, Proof, Report } from "../proof.ts";

const ROWS = 64;
const VOCAB_SIZE = 128_256;
const CONNECTIONS = 16;
const BATCHES = { short: 32, long: 1600 };
const RESIDENT_MIB_MAX = 200;
/** Ends the run if no answers come. */
const DURATION_MS_MAX = 5 * 60_000;

export const BATCHES_IN_MEMORY: Proof = {
  name: "batches",
  promise: `${CONNECTIONS} batches of [${ROWS}, ${VOCAB_SIZE}] f16 at a time stay under ${RESIDENT_MIB_MAX} MiB`,
  run,
};

async function run({ long, seed }: Form, report: Report): Promise<void> {
  const service = await startService();
  try {
    const limits = {
      connections: CONNECTIONS,
      duration_ms: DURATION_MS_MAX,
      requests_max: BATCHES[long ? "long" : "short"],
    };
    const before_mib = residentMiB(service.worker_pids);
    const load = rawLoad(service.url, batch(seed), limits);
    const { result, peak_mib } = await peakWhile(service.worker_pids, load);
    const { requests, refused, different, elapsed_ms } = result;
    report.claim("every batch is answered", refused === 0 && requests === limits.requests_max);
    report.claim("all answers are the same", different === 0);
    report.claim(
      `the worker's resident memory stays under ${RESIDENT_MIB_MAX} MiB`,
      peak_mib < RESIDENT_MIB_MAX,
      `${peak_mib.toFixed(0)} MiB, ${before_mib.toFixed(0)} before`,
    );
    report.figure("rows", `${((requests * ROWS * 1000) / elapsed_ms).toFixed(0)} a second`);
  } finally {
    await service.stop();
  }
}

function batch(seed: number): Scenario {
  const options = { dtype: "f16", shape: [ROWS, VOCAB_SIZE], temperature: 0.8, top_k: 40, seed: "7" };
  const header = Buffer.from(JSON.stringify(options));
  const rows = Array.from({ length: ROWS }, (_, index) => f16Bytes(randomRow(VOCAB_SIZE, seed + index)));
  return {
    name: `batch f16, ${ROWS} x ${VOCAB_SIZE}`,
    path: "/v1/sample/batch",
    headers: { "inference-header-content-length": String(header.length) },
    body: Buffer.concat([header, ...rows]),
  };
}
