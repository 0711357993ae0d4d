/**
 * `npm run proof:verify-vllm`: random drafts through vLLM's own rejection kernel and through ours, with the same uniforms:
 * both accept as many tokens. Needs a Python with vllm, torch and triton, named by ENGINES_PYTHON.
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

const { values } = commandLine({
  name: "npm run proof:verify-vllm --",
  about:
    "Random drafts through vLLM's rejection kernel and through method rejection, with the same uniforms. ENGINES_PYTHON names a Python with vllm. Ends with 1 when they accept otherwise.",
  options: { cases: count("N", "how many drafts", 2000), seed: count("N", "which", 1, 0) },
});

const DRAFTED_MAX = 6;
/** Nearer to a ratio than this a uniform may fall on either side of it: vLLM divides in float32. */
const NEAR = 1e-6;

interface Case {
  readonly target: readonly (readonly number[])[];
  readonly draft: readonly (readonly number[])[] | null;
  readonly token_ids: readonly number[];
  readonly uniforms: readonly number[];
}

const sampler = createSampler({ vocab_size_max: 1024, rows_max: 2 * DRAFTED_MAX + 1 });
const rows = Array.from({ length: 2 * DRAFTED_MAX + 1 }, () => sampler.leaseRow() as Row); // as many as it has

/** A draft, how many of it we accept, and whether a uniform lies too near to a ratio to tell. */
function caseOf(index: number): { readonly asked: Case; readonly ours: number; readonly is_near: boolean } {
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
  const seed = String(index);
  const uniforms = token_ids.map((_, place) => uniform("accept", seed, 0, place));
  const placed = [...target, ...(told ? laws.map((law) => Float32Array.from(law)) : [])].map(
    (list, place) => {
      const row = rows[place] as Row; // there are enough
      row.load(list);
      row.finish();
      return row;
    },
  );
  const draft_rows = told ? "probabilities" : "none";
  const options = parseVerifyOptions({ draft_token_ids: token_ids, method: "rejection", draft_rows, seed });
  const { accepted: ours } = verifyDraft(
    sampler,
    { target: placed.slice(0, drafted + 1), draft: placed.slice(drafted + 1) },
    options,
  );
  const probabilities = target.slice(0, drafted).map((logits) => softmax(logits));
  const is_near = token_ids.some((id, place) => {
    const q = told ? (laws[place]?.[id] ?? 0) : 1;
    return Math.abs((probabilities[place]?.[id] ?? 0) / q - (uniforms[place] ?? 0)) < NEAR;
  });
  return { asked: { target: probabilities, draft: told ? laws : null, token_ids, uniforms }, ours, is_near };
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
    throw new Error("ENGINES_PYTHON must name a Python that has vllm, torch and triton");
  const cases = Array.from({ length: values.cases }, (_, index) => caseOf(index));
  const child = spawn(python, [fileURLToPath(new URL("oracle.py", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ cases: cases.map(({ asked }) => asked) }));
  const { version, accepted } = JSON.parse(await text(child.stdout)) as {
    readonly version: string;
    readonly accepted: readonly number[];
  };
  const sure = cases.filter(({ is_near }) => !is_near);
  const different = cases.filter(({ ours, is_near }, i) => !is_near && ours !== accepted[i]);
  const tokens = sure.reduce((sum, { ours }) => sum + ours, 0);
  console.log(
    `vLLM ${version}: ${different.length} of ${sure.length} drafts are accepted otherwise; ${tokens} tokens were accepted, ${cases.length - sure.length} drafts lay too near to tell.`,
  );
  if (different.length > 0) process.exitCode = 1;
}

await run(main);
