/**
 * Measures the cost of a draft: server CPU and round trip of POST /v1/verify with k drafted tokens, against POST
 * /v1/sample with one of its rows, and against a bare server that reads the same bytes, in turns. Ratios to one row are
 * medians of those within a round. Ratios to the bare server are of the least figures, which other work on the machine
 * disturbs least. The goals at 128,256 and k = 4 are 5.3 times the CPU of one row, and 1.15 times the time of the bare
 * server. The same rows as a batch show the cost of their bytes. A tree is compared with its rows one by one: for 64
 * tokens, 65 rows of 32,000; the goal is at most 1.3.
 */
import { cpus } from "node:os";
import { BUILD, BUILT } from "../evidence/options.ts";
import { median } from "../evidence/process-cost.ts";
import { createProgress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes, randomRow } from "../evidence/rows.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, positive, run } from "../src/command-line.ts";
import { RIVALS, type Rival, startRival } from "./floor-server.ts";
import { bodyOfRows, type Cost, costOf, type Form, least, type Options, type Server } from "./forms.ts";

const { values } = commandLine({
  name: "npm run bench:verify --",
  about:
    "What verifying a draft costs, against sampling one of its rows and against a bare server that reads the same bytes: server CPU and round trip, in turns.",
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
const BARE_GOAL = 1.15;
const FORMS = 9;
const TREE = { tokens: 64, vocabulary: 32_000, goal: 1.3 } as const;

const CHAINS = {
  "top_k 40, top_p .95": { temperature: 0.8, top_k: 40, top_p: 0.95 },
  "temperature alone": { temperature: 0.8 },
} as const;

const rows = Array.from({ length: 2 * drafted + 1 }, (_, i) => randomRow(vocabulary, i + 1));

function bodyOf(path: string, name: string, options: Options, count: number): Form {
  return bodyOfRows(path, name, options, rows.slice(0, count));
}

/**
 * A tree, 4 tokens wide at the root and 2 after each node, whose first path is right: it is accepted to its full depth.
 */
function treeForms(): readonly [one: Form, tree: Form] {
  const own = Array.from({ length: TREE.tokens + 1 }, (_, i) => randomRow(TREE.vocabulary, i + 1));
  const parents = Array.from({ length: TREE.tokens }, (_, i) => (i < 4 ? -1 : Math.floor((i - 4) / 2)));
  const firsts = new Set(parents.map((parent) => parents.indexOf(parent)));
  const draft_token_ids = parents.map((parent, i) => (firsts.has(i) ? likeliest(own[parent + 1]) : i));
  const said = { temperature: 0, seed: 7, step: 0 };
  return [
    bodyOfRows("/v1/sample", "one row of the tree", said, own.slice(0, 1)),
    bodyOfRows("/v1/verify", `a tree of ${TREE.tokens}`, { ...said, draft_token_ids, parents }, own),
  ];
}

/** The tokens that the rows give one by one: the right draft. */
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

function likeliest(row: Float32Array = new Float32Array(1)): number {
  return row.indexOf(row.reduce((max, logit) => Math.max(max, logit)));
}

function asServer({ url, pid }: Rival): Server {
  return { url, worker_pids: [pid] };
}

/** What a form costs in each round: the service, and the bare server. */
interface Measured {
  readonly ours: Cost[];
  readonly bare: Cost[];
}

async function main(): Promise<void> {
  const chains = Object.entries(CHAINS);
  const forms_total = FORMS * chains.length + 2;
  const progress = createProgress([
    BUILD,
    { name: "warm up", seconds: (2 * forms_total * WARM_UP_MS) / 1000 },
    ...Array.from({ length: rounds }, (_, i) => ({
      name: `round ${i + 1}`,
      seconds: 2 * forms_total * values.seconds,
    })),
  ]);
  progress.next();
  if (!values.built) await buildService();
  const service = await startService({ WORKERS: "1" });
  const rival = await startRival(RIVALS.bare);
  const bare = asServer(rival);
  try {
    const groups = await Promise.all(chains.map(([name, chain]) => formsOf(service.url, name, chain)));
    const [one_row, tree] = treeForms();
    const costs = new Map<Form, Measured>(
      [...groups.flat(), one_row, tree].map((form) => [form, { ours: [], bare: [] }]),
    );
    progress.next();
    for (const form of costs.keys())
      for (const { url } of [service, bare])
        await rawLoad(url, form, { connections: 1, duration_ms: WARM_UP_MS, requests_max: 1_000_000 });
    for (let round = 0; round < rounds; round++) {
      progress.next();
      for (const [form, list] of costs) {
        list.ours.push(await costOf(service, form, DURATION_MS));
        list.bare.push(await costOf(bare, form, DURATION_MS));
      }
    }
    progress.end();
    console.log(
      `k = ${drafted}, V = ${vocabulary}; ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.versions.node}`,
    );
    console.log(
      "| draft | server CPU µs | of one row | of bare | round trip µs | of one row | of bare |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    );
    for (const group of groups) for (const line of linesOf(group, costs)) console.log(line);
    console.log(treeLine(costs.get(one_row), costs.get(tree)));
  } finally {
    progress.end();
    await rival.stop();
    await service.stop();
  }
}

/** Ratios to one row are medians of the ratios within a round, because the load of the machine changes. */
function linesOf(group: readonly Form[], costs: ReadonlyMap<Form, Measured>): string[] {
  const [one] = group;
  const of_one = one === undefined ? [] : (costs.get(one)?.ours ?? []);
  return group.map((form) => {
    const { ours, bare } = costs.get(form) ?? { ours: [], bare: [] };
    const cells = (["cpu_us", "round_trip_us"] as const).flatMap((figure) => [
      median(ours.map((cost) => cost[figure])).toFixed(0),
      median(ours.map((cost, round) => cost[figure] / (of_one[round]?.[figure] ?? Number.NaN))).toFixed(2),
      (least(ours, figure) / least(bare, figure)).toFixed(2),
    ]);
    const goals = form.name.endsWith("all accepted") && drafted === 4;
    return `| ${form.name}${goals ? ` (goals ${GOAL} of one row, ${BARE_GOAL} of bare)` : ""} | ${cells.join(" | ")} |`;
  });
}

function treeLine(one: Measured | undefined, tree: Measured | undefined): string {
  const rows_total = TREE.tokens + 1;
  const [cpu, time] = (["cpu_us", "round_trip_us"] as const).map((figure) =>
    (least(tree?.ours ?? [], figure) / (rows_total * least(one?.ours ?? [], figure))).toFixed(2),
  );
  return `A tree of ${TREE.tokens} tokens, V = ${TREE.vocabulary}: ${cpu} in server CPU and ${time} in time of its ${rows_total} rows one by one (goal ${TREE.goal}).`;
}

await run(main);
