/** Requests with rows of float32, and what a server pays for each: CPU and round trip. */
import { cpuNs } from "../evidence/process-cost.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes } from "../evidence/rows.ts";
import type { RunningService } from "../evidence/service.ts";
import { quantile } from "../examples/model-host/report.ts";

export type Options = Readonly<Record<string, unknown>>;

export interface Form {
  readonly name: string;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Cost {
  readonly cpu_us: number;
  readonly round_trip_us: number;
}

/** The service that gets the form, and the processes whose CPU is counted. */
export type Server = Pick<RunningService, "url" | "worker_pids">;

/**
 * A request with one row, of shape [length], or with several, of shape [count, length]; `options` may set another
 * shape.
 */
export function bodyOfRows(
  path: string,
  name: string,
  options: Options,
  rows: readonly Float32Array[],
): Form {
  const length = rows[0]?.length ?? 0;
  const shape = rows.length === 1 ? [length] : [rows.length, length];
  const head = Buffer.from(JSON.stringify({ dtype: "f32", shape, ...options }));
  return {
    name,
    path,
    headers: { "inference-header-content-length": String(head.length) },
    body: Buffer.concat([head, ...rows.map(f32Bytes)]),
  };
}

/** The mean CPU and the median round trip of a form, sent on one connection for `duration_ms`. */
export async function costOf({ url, worker_pids }: Server, form: Form, duration_ms: number): Promise<Cost> {
  const before = cpuNs(worker_pids);
  const limits = { connections: 1, duration_ms, requests_max: 1_000_000 };
  const { latencies_ms, refused } = await rawLoad(url, form, limits);
  if (refused > 0) throw new Error(`${form.name} was refused`);
  if (latencies_ms.length === 0)
    throw new Error(
      `${form.name}: no request was answered within ${duration_ms / 1000} s, and each needs at least one: raise --seconds`,
    );
  return {
    cpu_us: (cpuNs(worker_pids) - before) / 1000 / latencies_ms.length,
    round_trip_us: quantile(latencies_ms, 0.5) * 1000,
  };
}

export function least(costs: readonly Cost[], figure: keyof Cost): number {
  return Math.min(...costs.map((cost) => cost[figure]));
}
