/** Costs of routes and forms of bodies: the service's CPU time for each row of a request, in turns. */
import { cpuNs } from "../../evidence/process-cost.ts";
import { rawLoad } from "../../evidence/raw-client.ts";
import { bf16Bytes, f16Bytes, f32Bytes, randomRow } from "../../evidence/rows.ts";
import type { Scenario } from "../../evidence/scenarios.ts";
import { buildService, startService } from "../../evidence/service.ts";
import type { CostLine } from "./results.ts";

export const ROUTE_SIZES = [8192, 32_000, 128_256] as const;
const ROUNDS = 4;
const SLICE_MS = 150;
const STEP = { temperature: 0.8, seed: "7", step: 3 };
const SPARSE = 1024;
const DRAFT = [1, 2, 3];

function json(name: string, path: string, value: unknown): Scenario {
  return {
    name,
    path,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** A JSON header and this number of rows after it. */
function tensor(
  name: string,
  path: string,
  header: Readonly<Record<string, unknown>>,
  rows: readonly Buffer[],
): Scenario {
  const head = Buffer.from(JSON.stringify(header));
  return {
    name,
    path,
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
    },
    body: Buffer.concat([head, ...rows]),
    rows: rows.length,
  };
}

/** The first is the baseline of all others. */
function scenarios(vocab_size: number): readonly Scenario[] {
  const rows = [1, 2, 3, 4].map((seed) => randomRow(vocab_size, seed));
  const [row] = rows as [Float32Array, ...Float32Array[]];
  const f32 = rows.map(f32Bytes);
  const [one] = f32 as [Buffer, ...Buffer[]];
  const dtype = "f32";
  const many = { dtype, shape: [4, vocab_size] };
  const best = Array.from(row.keys())
    .sort((a, b) => (row[b] as number) - (row[a] as number))
    .slice(0, SPARSE);
  const sparse = { token_ids: best, values: best.map((id) => row[id]), vocab_size };
  return [
    tensor("POST /v1/sample, f32", "/v1/sample", { ...STEP, dtype }, [one]),
    tensor("POST /v1/sample, f16", "/v1/sample", { ...STEP, dtype: "f16" }, [f16Bytes(row)]),
    tensor("POST /v1/sample, bf16", "/v1/sample", { ...STEP, dtype: "bf16" }, [bf16Bytes(row)]),
    json("POST /v1/sample, JSON numbers", "/v1/sample", { ...STEP, logits: Array.from(row) }),
    json(`POST /v1/sample, sparse JSON, ${SPARSE}`, "/v1/sample", { ...STEP, logits: sparse }),
    tensor("POST /v1/sample/batch, f32, 4 rows", "/v1/sample/batch", { ...STEP, ...many }, f32),
    tensor("POST /v1/verify, f32, 4 rows", "/v1/verify", { ...STEP, ...many, draft_token_ids: DRAFT }, f32),
    tensor("POST /v1/probabilities, f32, 4 rows", "/v1/probabilities", many, f32),
    tensor("POST /v1/score, f32, 4 rows", "/v1/score", { ...many, targets: [1, 2, 3, 4] }, f32),
  ];
}

/** Starts the built service and measures each route at each size; the ratios are to POST /v1/sample with f32 of the same size. */
export async function measureRoutes(built: boolean): Promise<CostLine[]> {
  if (!built) await buildService();
  const service = await startService({ SPARE_WORKERS: "0" });
  try {
    const columns: number[][] = [];
    for (const size of ROUTE_SIZES) columns.push(await measured(service.url, service.worker_pids, size));
    return scenarios(ROUTE_SIZES[0]).map(({ name }, i) => ({
      kind: "route",
      name,
      ratios: columns.map((least) => Number(((least[i] as number) / (least[0] as number)).toPrecision(3))),
    }));
  } finally {
    await service.stop();
  }
}

/** CPU for each row of each scenario, the least of some rounds. */
async function measured(url: string, pids: readonly number[], size: number): Promise<number[]> {
  const cases = scenarios(size);
  const least = cases.map(() => Number.POSITIVE_INFINITY);
  for (let round = -1; round < ROUNDS; round++)
    for (const [i, scenario] of cases.entries()) {
      const before = cpuNs(pids);
      const limits = { connections: 1, duration_ms: SLICE_MS, requests_max: 1_000_000 };
      const { requests, refused } = await rawLoad(url, scenario, limits);
      if (refused > 0) throw new Error(`${scenario.name}: ${refused} replies were refusals`);
      const ns = (cpuNs(pids) - before) / requests / (scenario.rows ?? 1);
      if (round >= 0 && ns < (least[i] as number)) least[i] = ns;
    }
  return least;
}
