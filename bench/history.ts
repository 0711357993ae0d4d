/**
 * Measures the stages that read the history or edit single tokens: `npm run bench:history`. Whole steps of the sampler
 * at V = 128,256, on peaked rows. Each step's row is written anew before the clock starts, as a service does it. The
 * chains take turns step by step, so changes in machine load affect all equally. The result is the difference to chain
 * D of the same run.
 */
import { cpus } from "node:os";
import { createProgress } from "../evidence/progress.ts";
import { commandLine, run } from "../src/command-line.ts";
import type { Row } from "../src/kernels/kernel.ts";
import { parseStepOptions } from "../src/sampling/options/step-options.ts";
import { createSampler } from "../src/sampling/sampler.ts";
import type { StepOptions } from "../src/sampling/step.ts";
import { peakedRow } from "../test/kernels/rows.ts";

commandLine({
  name: "npm run bench:history --",
  about:
    "What the stages cost that look at the history or edit single tokens, over a chain that does neither: µs a step at 128,256 logits, in turns.",
  options: {},
});

const V = 128_256;
const ROWS = 8;
const ROUNDS = 600;
const sampler = createSampler({ vocab_size_max: V, rows_max: 1 });
const row = sampler.leaseRow() as Row; // the first of one
const logits = Array.from({ length: ROWS }, (_, seed) => peakedRow(V, seed));

const D = { seed: 1, top_k: 40, top_p: 0.95, min_p: 0.05 };
/** 700 different tokens, 324 of them twice */
const history = tokens(1024, 700).map((n) => tokens(700, V)[n]!);
const logit_bias = Object.fromEntries(tokens(300, V).map((id) => [id, (id % 7) - 3]));
const penalties = {
  repetition_penalty: 1.1,
  presence_penalty: 0.5,
  frequency_penalty: 0.2,
  prompt_length: 512,
};

const CHAINS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "D: top-k 40, top-p .95, min-p .05": D,
  "D with the history, unused": { ...D, history },
  "D + 300 biases": { ...D, logit_bias },
  "D + repetition penalty over 1,024": { ...D, history, repetition_penalty: 1.1 },
  "D + three penalties over 1,024": { ...D, history, ...penalties },
  "E: D + three penalties + 300 biases": { ...D, history, ...penalties, logit_bias },
  "D + dry over 1,024": { ...D, history, dry_multiplier: 0.8 },
  "D + no_repeat_ngram 3 over 1,024": { ...D, history, no_repeat_ngram_size: 3 },
  "D + 40 allowed ids": { ...D, allowed_token_ids: tokens(40, V) },
  "D + bit mask, 1 % allowed": { ...D, token_bitmask: mask(0.01) },
  "D + bit mask, 99 % allowed": { ...D, token_bitmask: mask(0.99) },
};

const DRY_LENGTHS = [12_500, 25_000, 50_000, 100_000];
const DRY_KINDS = { random: (n: number) => tokens(n, 5000), "period 3": periodic } as const;

function main(): void {
  const names = Object.keys(CHAINS);
  const long = DRY_LENGTHS.flatMap((n) => Object.entries(DRY_KINDS).map(([kind, ids]) => ({ n, kind, ids })));
  const progress = createProgress([
    { name: `${names.length} chains in turns`, seconds: 7 },
    ...long.map(({ n, kind }) => ({ name: `dry over ${n}, ${kind}`, seconds: n / 50_000 })),
  ]);
  progress.say(
    `${cpus()[0]?.model}, Node ${process.versions.node}, V = ${V}, µs a step: min / median, over D`,
  );
  progress.next();
  const times = measure(Object.values(CHAINS).map((options) => parseStepOptions(options)));
  for (const [i, name] of names.entries()) {
    const [own, first] = [summary(times[i]!), summary(times[0]!)];
    progress.say(
      `${name.padEnd(38)} ${own.min.toFixed(1).padStart(7)} / ${own.median.toFixed(1).padStart(7)}   +${(own.min - first.min).toFixed(1)} / +${(own.median - first.median).toFixed(1)}`,
    );
  }
  progress.say("\nDRY over long histories, ms: min / median");
  for (const { n, kind, ids } of long) {
    progress.next();
    const options = [parseStepOptions({ ...D, history: ids(n), dry_multiplier: 0.8 })];
    const { min, median } = summary(measure(options, 30)[0]!);
    const figures = `${(min / 1000).toFixed(2)} / ${(median / 1000).toFixed(2)}`;
    progress.say(`${String(n).padStart(7)} ${kind.padEnd(9)} ${figures}`);
  }
  progress.end();
}

function periodic(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i % 3);
}

function measure(chains: readonly StepOptions[], rounds = ROUNDS): number[][] {
  const times = chains.map(() => [] as number[]);
  for (let round = -20; round < rounds; round++) {
    for (const [i, options] of chains.entries()) {
      row.load(logits[(round + 20 + i) % ROWS]!);
      row.finish();
      const began = performance.now();
      sampler.sample(row, options);
      if (round >= 0) times[i]!.push(1000 * (performance.now() - began));
    }
  }
  return times;
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

/** Ids that look random and are the same in every run. */
function tokens(count: number, below: number): number[] {
  return Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % below);
}

function mask(share: number): string {
  const words = new Uint32Array(Math.ceil(V / 32));
  for (let id = 0; id < V; id++)
    if ((Math.imul(id + 1, 2654435761) >>> 0) / 2 ** 32 < share) words[id >> 5]! |= 1 << (id & 31);
  return Buffer.from(words.buffer).toString("base64");
}

await run(main);
