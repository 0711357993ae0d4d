/**
 * What a draft costs: server CPU and round trip of POST /v1/verify with k drafted tokens, against POST /v1/sample with one
 * of its rows, in turns. The goal at 128,256 is 5.3 for k = 4, whose five rows are five times the bytes: the rest is what
 * verifying may cost beside them, less what four requests would. The same rows as a batch tell what their bytes cost.
 */
import { cpus } from "node:os";
import { BUILD, BUILT } from "../evidence/options.ts";
import { cpuNs, median } from "../evidence/process-cost.ts";
import { createProgress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, type RunningService, startService } from "../evidence/service.ts";
import { quantile } from "../examples/model-host/report.ts";
import { commandLine, count, positive, run } from "../src/command-line.ts";

const { values } = commandLine({
  name: "npm run bench:verify --",
  about:
    "What verifying a draft costs, against sampling one of its rows: server CPU and round trip, in turns.",
  options: {
    seconds: positive("N", "seconds of load of a measurement", 0.5),
    rounds: count("N", "rounds, in each of which all have their turn", 5),
    drafted: count("K", "tokens of the draft", 4, 1),
    vocabulary: count("V", "elements of a row", 128_256),
    built: BUILT,
  },
});
const { drafted, vocabulary, rounds } = values;
const DURATION_MS = values.seconds * 1000;
const WARM_UP_MS = 1500;
const GOAL = 5.3;
const FORMS = 9;

const CHAINS = {
  "top_k 40, top_p .95": { temperature: 0.8, top_k: 40, top_p: 0.95 },
  "temperature alone": { temperature: 0.8 },
} as const;

type Options = Readonly<Record<string, unknown>>;

const rows = Array.from({ length: 2 * drafted + 1 }, (_, i) => randomRow(vocabulary, i + 1));

interface Form {
  readonly name: string;
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function bodyOf(path: string, name: string, options: Options, count: number): Form {
  const shape = count === 1 ? [vocabulary] : [count, vocabulary];
  const head = Buffer.from(JSON.stringify({ ...options, dtype: "f32", shape }));
  return {
    name,
    path,
    headers: { "inference-header-content-length": String(head.length) },
    body: Buffer.concat([head, ...rows.slice(0, count).map(f32Bytes)]),
  };
}

/** The tokens that the rows give one by one: a draft that is right. */
async function rightDraft(url: string, chain: Options): Promise<number[]> {
  const draft: number[] = [];
  for (const [step, row] of rows.slice(0, drafted).entries()) {
    const head = Buffer.from(JSON.stringify({ ...chain, seed: 7, step, dtype: "f32" }));
    const body = Buffer.concat([head, f32Bytes(row)]);
    const headers = { "inference-header-content-length": String(head.length) };
    const reply = await fetch(`${url}/v1/sample`, { method: "POST", headers, body });
    draft.push(((await reply.json()) as { readonly token_id: number }).token_id);
  }
  return draft;
}

async function formsOf(url: string, name: string, chain: Options): Promise<Form[]> {
  const draft_token_ids = await rightDraft(url, chain);
  const said = { ...chain, seed: 7, step: 0 };
  const verify = (what: string, options: Options, count = drafted + 1) =>
    bodyOf("/v1/verify", `${name}: ${what}`, { ...said, draft_token_ids, ...options }, count);
  const wrong = draft_token_ids.map((id, i) => (i === 0 ? (id + 1) % vocabulary : id));
  return [
    bodyOf("/v1/sample", `${name}: one row`, said, 1),
    bodyOf("/v1/sample/batch", `${name}: the ${drafted + 1} rows as a batch`, said, drafted + 1),
    verify("strict, all accepted", {}),
    verify("strict, the first rejected", { draft_token_ids: wrong }),
    verify("rejection, nothing told", { method: "rejection" }),
    verify("block, nothing told", { method: "block" }),
    verify("typical", { method: "typical" }),
    verify(
      `rejection, ${drafted} rows of the draft`,
      { method: "rejection", draft_rows: "logits" },
      2 * drafted + 1,
    ),
    verify(`block, ${drafted} rows of the draft`, { method: "block", draft_rows: "logits" }, 2 * drafted + 1),
  ];
}

interface Cost {
  readonly cpu_us: number;
  readonly round_trip_us: number;
}

async function measure({ url, worker_pids }: RunningService, form: Form): Promise<Cost> {
  const before = cpuNs(worker_pids);
  const limits = { connections: 1, duration_ms: DURATION_MS, requests_max: 1_000_000 };
  const { latencies_ms, refused } = await rawLoad(url, form, limits);
  if (refused > 0) throw new Error(`${form.name} was refused`);
  return {
    cpu_us: (cpuNs(worker_pids) - before) / 1000 / latencies_ms.length,
    round_trip_us: quantile(latencies_ms, 0.5) * 1000,
  };
}

async function main(): Promise<void> {
  const chains = Object.entries(CHAINS);
  const forms_total = FORMS * chains.length;
  const progress = createProgress([
    BUILD,
    { name: "warm up", seconds: (forms_total * WARM_UP_MS) / 1000 },
    ...Array.from({ length: rounds }, (_, i) => ({
      name: `round ${i + 1}`,
      seconds: forms_total * values.seconds,
    })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService({ WORKERS: "1" });
  try {
    const groups = await Promise.all(chains.map(([name, chain]) => formsOf(service.url, name, chain)));
    const costs = new Map(groups.flat().map((form) => [form, [] as Cost[]]));
    progress.next();
    for (const form of costs.keys())
      await rawLoad(service.url, form, { connections: 1, duration_ms: WARM_UP_MS, requests_max: 1_000_000 });
    for (let round = 0; round < rounds; round++) {
      progress.next();
      for (const [form, list] of costs) list.push(await measure(service, form));
    }
    progress.end();
    console.log(
      `k = ${drafted}, V = ${vocabulary}; ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.versions.node}`,
    );
    console.log(`| draft | server CPU µs | of one row | round trip µs | of one row |`);
    console.log(`| --- | ---: | ---: | ---: | ---: |`);
    for (const group of groups) for (const line of linesOf(group, costs)) console.log(line);
  } finally {
    progress.end();
    await service.stop();
  }
}

/** Ratios are medians of those within a round: the machine drifts. */
function linesOf(group: readonly Form[], costs: ReadonlyMap<Form, readonly Cost[]>): string[] {
  const [one] = group;
  const of_one = one === undefined ? [] : (costs.get(one) ?? []);
  return group.map((form) => {
    const list = costs.get(form) ?? [];
    const cells = (["cpu_us", "round_trip_us"] as const).flatMap((figure) => [
      median(list.map((cost) => cost[figure])).toFixed(0),
      median(list.map((cost, round) => cost[figure] / (of_one[round]?.[figure] ?? Number.NaN))).toFixed(2),
    ]);
    return `| ${form.name}${form.name.endsWith("all accepted") && drafted === 4 ? ` (goal ${GOAL})` : ""} | ${cells.join(" | ")} |`;
  });
}

await run(main);
