/**
 * Twice as many requests as the service can answer, at fixed times. The service must answer admitted requests correctly
 * and soon, and must refuse the rest at once, with a Retry-After.
 */

import { randomRow } from "../../evidence/rows.ts";
import { startService } from "../../evidence/service.ts";
import { quantile } from "../../examples/model-host/report.ts";
import { peakWhile, residentMiB } from "../memory.ts";
import { f32, type Message, tensorMessage } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";
import type { LoadResult } from "./generator.ts";
import { generate, withReplies } from "./load.ts";

const CAPACITY_MS = { short: 2000, long: 5000 };
const OVERLOAD_MS = { short: 5000, long: 60_000 };
const CONNECTIONS = 256;
const RSS_GROWTH_MIB_MAX = 512;

export const OVERLOAD: Proof = {
  name: "overload",
  promise:
    "at twice its capacity the service answers as many requests as it can and refuses the rest at once",
  run,
};

/** Steps that cost the service more than the generator, so that one generator can send twice the service's capacity. */
function steps(): Message[] {
  const row = f32(randomRow(4096, 5));
  return Array.from({ length: 32 }, (_, step) =>
    tensorMessage("/v1/sample", { n: 400, temperature: 1.2, seed: "7", step }, row),
  );
}

async function run({ long }: Form, report: Report): Promise<void> {
  const form = long ? "long" : "short";
  const service = await startService();
  const { url, worker_pids } = service;
  try {
    const requests = await withReplies(url, steps());
    await generate({ url, requests, connections: 8, duration_ms: 1000 });
    const calm = await generate({ url, requests, connections: 8, duration_ms: CAPACITY_MS[form] });
    const capacity = perSecond(calm);
    report.figure("capacity", `${capacity.toFixed(0)} steps a second from 8 connections`);
    const before_mib = residentMiB(worker_pids);
    const job = {
      url,
      requests,
      connections: CONNECTIONS,
      duration_ms: OVERLOAD_MS[form],
      rate: 2 * capacity,
    };
    const { result, peak_mib } = await peakWhile(worker_pids, generate(job));
    tell(report, result, capacity);
    const growth_mib = peak_mib - before_mib;
    report.claim(
      `memory grows by less than ${RSS_GROWTH_MIB_MAX} MiB`,
      growth_mib < RSS_GROWTH_MIB_MAX,
      `${growth_mib.toFixed(0)} MiB, to ${peak_mib.toFixed(0)}`,
    );
    const after = await generate({ url, requests, connections: 4, duration_ms: 500 });
    report.claim(
      "after the overload every request is answered",
      after.refused_ms.length + after.wrong + after.lost === 0,
    );
    report.claim("no worker died", worker_pids.length === 1);
  } finally {
    await service.stop();
  }
}

function perSecond({ accepted_ms, elapsed_ms }: LoadResult): number {
  return (accepted_ms.length * 1000) / elapsed_ms;
}

function tell(report: Report, result: LoadResult, capacity: number): void {
  const { sent, accepted_ms, refused_ms, wrong, lost, elapsed_ms, late_ms, cpu_share } = result;
  report.figure(
    "sent",
    `${sent} in ${(elapsed_ms / 1000).toFixed(1)} s: ${accepted_ms.length} answered, ${refused_ms.length} turned away; the generator came ${late_ms.toFixed(0)} ms late at worst, and took ${cpu_share.toFixed(2)} of a core`,
  );
  report.claim(
    "no answer is wrong and every refusal is a 503 with Retry-After",
    wrong === 0,
    `${wrong} wrong`,
  );
  report.claim("no request is lost", lost === 0, `${lost} lost`);
  const refused_p99_ms = quantile(refused_ms, 0.99);
  const accepted_p99_ms = quantile(accepted_ms, 0.99);
  const goodput = perSecond(result) / capacity;
  report.timed(
    "99 of 100 refusals come within 50 ms",
    !(refused_p99_ms >= 50),
    `${refused_p99_ms.toFixed(1)} ms`,
  );
  report.timed(
    "99 of 100 answers come within 250 ms",
    accepted_p99_ms < 250,
    `${accepted_p99_ms.toFixed(1)} ms`,
  );
  report.timed("at least 0.8 of the capacity is still answered", goodput >= 0.8, goodput.toFixed(2));
}
