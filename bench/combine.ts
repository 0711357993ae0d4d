/**
 * Measures steps with several sources: `npm run bench:combine`, at V = 128,256. It measures the combination alone, by
 * rule; whole steps in process, one row against two, with rows written anew each time as a service does it; and the
 * same by POST, as CPU time of the service. Cases take turns, so changes in machine load affect all equally.
 */
import { cpus } from "node:os";
import { BUILT } from "../evidence/options.ts";
import { cpuNs, median } from "../evidence/process-cost.ts";
import { createProgress } from "../evidence/progress.ts";
import { rawLoad } from "../evidence/raw-client.ts";
import { f32Bytes } from "../evidence/rows.ts";
import { buildService, startService } from "../evidence/service.ts";
import { commandLine, count, run } from "../src/command-line.ts";
import { Kernel, type Row } from "../src/kernels/kernel.ts";
import { RULES } from "../src/sampling/combine/index.ts";
import { WholeSources } from "../src/sampling/combine/sources.ts";
import { parseStepOptions } from "../src/sampling/options/step-options.ts";
import { createSampler } from "../src/sampling/sampler.ts";
import { peakedRow } from "../test/kernels/rows.ts";

const { values } = commandLine({
  name: "npm run bench:combine --",
  about:
    "What several sources cost at 128,256 logits: combining alone by rule, steps of two rows against steps of one in process and by POST, in turns.",
  options: { rounds: count("N", "rounds of each case", 300), built: BUILT },
});

const V = 128_256;
const ROUNDS = values.rounds;
const DTYPE = { dtype: "f32" };
const STEP = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: 7 };
const logits = Array.from({ length: 5 }, (_, seed) => Float32Array.from(peakedRow(V, seed)));

interface Summary {
  readonly min: number;
  readonly median: number;
}

/** Microseconds of each case, in turns. */
function inTurns(cases: readonly { readonly prepare?: () => void; readonly take: () => void }[]): Summary[] {
  const times = cases.map(() => [] as number[]);
  for (let round = -30; round < ROUNDS; round++) {
    for (const [i, { prepare, take }] of cases.entries()) {
      prepare?.();
      const began = performance.now();
      take();
      if (round >= 0) times[i]?.push(1000 * (performance.now() - began));
    }
  }
  return times.map((each) => ({ min: Math.min(...each), median: median(each) }));
}

function shown({ min, median: middle }: Summary): string {
  return `${min.toFixed(1).padStart(7)} / ${middle.toFixed(1).padStart(7)}`;
}

function combiningAlone(say: (line: string) => void): void {
  const kernel = new Kernel({ vocab_size_max: V, rows_max: logits.length });
  const rows = logits.map((each) => {
    const row = kernel.leaseRow() as Row; // there are as many
    row.load(each);
    row.finish();
    return row;
  });
  const cases = RULES.map(({ name, sources, options, example, apply }) => ({
    name,
    count: sources.length,
    take: () =>
      apply(
        new WholeSources(kernel, rows.slice(0, sources.length), [], false),
        options.parse({ rule: name, ...example }),
      ),
  }));
  const times = inTurns(cases);
  say("combining alone, µs a source: min / median");
  for (const [i, { name, count: sources }] of cases.entries()) {
    const { min, median: middle } = times[i] as Summary; // one for each
    say(`  ${name.padEnd(16)} ${shown({ min: min / sources, median: middle / sources })}`);
  }
}

function inProcess(say: (line: string) => void): void {
  const sampler = createSampler({ vocab_size_max: V, rows_max: logits.length });
  const rows = logits.map(() => sampler.leaseRow() as Row); // there are as many
  const stepOf = (sources: number, fields: object) => {
    const options = parseStepOptions({ ...STEP, ...fields });
    return {
      take() {
        const taken = rows.slice(0, sources);
        for (const [i, row] of taken.entries()) {
          row.load(logits[i] as Float32Array);
          row.finish();
        }
        sampler.sample(taken, options);
      },
    };
  };
  const two = RULES.filter(({ sources }) => sources.length === 2);
  const times = inTurns([
    stepOf(1, {}),
    ...two.map(({ name, example }) => stepOf(2, { combine: { rule: name, ...example } })),
  ]);
  const [one, ...others] = times as [Summary, ...Summary[]];
  say("a step in process, µs: min / median, of one row's");
  say(`  ${"one row".padEnd(16)} ${shown(one)}`);
  for (const [i, { name }] of two.entries()) {
    const time = others[i] as Summary; // one for each
    say(
      `  ${name.padEnd(16)} ${shown(time)}   ${(time.min / one.min).toFixed(2)} / ${(time.median / one.median).toFixed(2)}`,
    );
  }
}

async function byPost(say: (line: string) => void): Promise<void> {
  if (!values.built) await buildService();
  const service = await startService();
  try {
    const bodyOf = (sources: number, fields: object) => {
      const head = Buffer.from(
        JSON.stringify({ ...DTYPE, ...STEP, ...fields, shape: sources === 1 ? [V] : [sources, V] }),
      );
      const tensor = logits.slice(0, sources).map((each) => f32Bytes(each));
      return {
        name: `${sources} rows`,
        path: "/v1/sample",
        headers: {
          "content-type": "application/octet-stream",
          "inference-header-content-length": String(head.length),
        },
        body: Buffer.concat([head, ...tensor]),
      };
    };
    const cases = [
      bodyOf(1, {}),
      bodyOf(2, { combine: { rule: "guidance", guidance_scale: 1.5 } }),
      bodyOf(2, { combine: { rule: "contrastive" } }),
    ];
    const cost: number[][] = cases.map(() => []);
    for (let round = -1; round < 7; round++)
      for (const [i, scenario] of cases.entries()) {
        const before = cpuNs(service.worker_pids);
        const { requests, refused } = await rawLoad(service.url, scenario, {
          connections: 1,
          duration_ms: 500,
          requests_max: 1_000_000,
        });
        if (refused > 0) throw new Error(`${refused} replies were refusals`);
        if (round >= 0) cost[i]?.push((cpuNs(service.worker_pids) - before) / 1000 / requests);
      }
    const [one = 0, guidance = 0, contrastive = 0] = cost.map(median);
    say("a step by POST, µs CPU of the service: median, of one row's");
    say(`  one row          ${one.toFixed(0)}`);
    say(`  guidance         ${guidance.toFixed(0)}   ${(guidance / one).toFixed(2)}`);
    say(`  contrastive      ${contrastive.toFixed(0)}   ${(contrastive / one).toFixed(2)}`);
  } finally {
    await service.stop();
  }
}

async function main(): Promise<void> {
  const progress = createProgress([
    { name: "combining alone", seconds: ROUNDS / 50 },
    { name: "in process", seconds: ROUNDS / 50 },
    { name: "by POST", seconds: 20 },
  ]);
  const say = (line: string) => progress.say(line);
  say(`${cpus()[0]?.model}, Node ${process.versions.node}, V = ${V}`);
  progress.next();
  combiningAlone(say);
  progress.next();
  inProcess(say);
  progress.next();
  await byPost(say);
  progress.end();
}

await run(main);
