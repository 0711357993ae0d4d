/**
 * `npm run proof:verify-vllm`: random drafts through vLLM's own kernels and through transformers' function, and through
 * `rejection`, `block` and `ensemble`, with the same uniforms: both accept as many tokens. Needs a Python with vllm, torch,
 * triton and transformers, named by ENGINES_PYTHON.
 */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { randomRow } from "../../../evidence/rows.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { commandLine, count, run } from "../../../src/command-line.ts";
import type { Row } from "../../../src/kernels/kernel.ts";
import { uniform } from "../../../src/sampling/rng.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { parseVerifyOptions } from "../../../src/sampling/verify/options.ts";
import { verifyDraft } from "../../../src/sampling/verify/verify.ts";
import { DraftWalk } from "../../../src/sampling/verify/walk.ts";

const { values } = commandLine({
  name: "npm run proof:verify-vllm --",
  about:
    "Random drafts through vLLM's kernels and transformers' function, and through methods rejection, block and ensemble, with the same uniforms. ENGINES_PYTHON names a Python with vllm and transformers. Ends with 1 when they accept otherwise.",
  options: { cases: count("N", "how many drafts", 2000), seed: count("N", "which", 1, 0) },
});

const DRAFTED_MAX = 6;
/**
 * The hosts divide in float32. A uniform at which their decision changes within this distance is too close to compare.
 */
const NEAR = 1e-5;

interface Case {
  readonly target: readonly (readonly number[])[];
  readonly draft: readonly (readonly number[])[] | null;
  readonly token_ids: readonly number[];
  readonly uniforms: readonly number[];
  readonly weight: number;
}

/** A draft, and our verification of it with these uniforms. */
interface Asked {
  readonly told: Case;
  ours(options: object, uniforms: readonly number[]): number | undefined;
}

/** The answers of the hosts, by case. */
interface Answers {
  readonly versions: { readonly vllm: string; readonly transformers: string };
  readonly accepted: readonly number[];
  readonly block: readonly { readonly accepted: number; readonly uniforms: readonly number[] }[];
  readonly ensemble: readonly (number | null)[];
}

const sampler = createSampler({ vocab_size_max: 1024, rows_max: 2 * DRAFTED_MAX + 1 });
const rows = Array.from({ length: 2 * DRAFTED_MAX + 1 }, () => sampler.leaseRow() as Row); // as many as it has

function caseOf(index: number): Asked {
  const random = seeded(values.seed, index);
  const vocabulary = random.pick([8, 60, 300]);
  const drafted = 1 + random.below(DRAFTED_MAX);
  const told = !random.oneIn(3);
  const target = Array.from({ length: drafted + 1 }, () => randomRow(vocabulary, random.below(2 ** 30)));
  const laws = target.slice(0, drafted).map((logits) => {
    const other = randomRow(vocabulary, random.below(2 ** 30));
    return softmax(logits.map((logit, id) => 0.7 * logit + 0.5 * (other[id] ?? 0))).map(Math.fround);
  });
  const token_ids = laws.map((law) => drawn(law, random.unit()));
  const uniforms = token_ids.map((_, place) => uniform("accept", String(index), 0, place));
  const lists = [...target, ...(told ? laws.map((law) => Float32Array.from(law)) : [])];
  const draft_rows = told ? "probabilities" : "none";
  const verified = (options: object, given: readonly number[], nearer: number) => {
    const placed = lists.map((list, place) => {
      const row = rows[place] as Row; // there are enough
      row.load(list);
      row.finish();
      return row;
    });
    const call = parseVerifyOptions({ draft_token_ids: token_ids, draft_rows, seed: "1", ...options });
    DraftWalk.prototype.uniform = (place) => (given[place] ?? 0.5) * nearer;
    const split = { target: placed.slice(0, drafted + 1), draft: placed.slice(drafted + 1) };
    return verifyDraft(sampler, split, call).accepted;
  };
  const probabilities = target.slice(0, drafted).map((logits) => softmax(logits));
  return {
    told: {
      target: probabilities,
      draft: told ? laws : null,
      token_ids,
      uniforms,
      weight: 0.1 + 0.8 * random.unit(),
    },
    ours(options, given) {
      const accepted = verified(options, given, 1);
      const is_sure = [1 - NEAR, 1 + NEAR].every((nearer) => verified(options, given, nearer) === accepted);
      return is_sure ? accepted : undefined;
    },
  };
}

function softmax(scores: Float32Array | readonly number[]): number[] {
  const max = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - max));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function drawn(law: readonly number[], u: number): number {
  let sum = 0;
  for (const [id, q] of law.entries()) {
    sum += q;
    if (u < sum) return id;
  }
  return law.indexOf(Math.max(...law));
}

async function main(): Promise<void> {
  const python = process.env["ENGINES_PYTHON"];
  if (python === undefined)
    throw new Error("ENGINES_PYTHON must name a Python that has vllm, torch, triton and transformers");
  const cases = Array.from({ length: values.cases }, (_, index) => caseOf(index));
  const child = spawn(python, [fileURLToPath(new URL("oracle.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ cases: cases.map(({ told }) => told) }));
  const { versions, accepted, block, ensemble } = JSON.parse(await text(child.stdout)) as Answers; // what it writes
  compare(`vLLM ${versions.vllm}, rejection`, cases, ({ told, ours }, i) => [
    ours({ method: "rejection" }, told.uniforms),
    accepted[i],
  ]);
  compare(`vLLM ${versions.vllm}, block`, cases, ({ ours }, i) => [
    ours({ method: "block" }, block[i]?.uniforms ?? []),
    block[i]?.accepted,
  ]);
  const mixed = cases.filter((_, i) => ensemble[i] !== null);
  const expected = ensemble.filter((each) => each !== null);
  compare(`transformers ${versions.transformers}, ensemble`, mixed, ({ told, ours }, i) => [
    ours({ method: "ensemble", ensemble_weight: told.weight }, told.uniforms),
    expected[i],
  ]);
}

type Pair = readonly [ours: number | undefined, theirs: number | undefined];

/** Reports the number of drafts for which a host accepts another number of tokens. */
function compare(name: string, cases: readonly Asked[], pairOf: (asked: Asked, index: number) => Pair): void {
  const sure = cases.map(pairOf).filter(([ours]) => ours !== undefined);
  const different = sure.filter(([ours, theirs]) => ours !== theirs);
  const tokens = sure.reduce((sum, [ours = 0]) => sum + ours, 0);
  console.log(
    `${name}: ${different.length} of ${sure.length} drafts are accepted otherwise; ${tokens} tokens were accepted, ${cases.length - sure.length} drafts lay too near to tell.`,
  );
  if (different.length > 0) process.exitCode = 1;
}

await run(main);
