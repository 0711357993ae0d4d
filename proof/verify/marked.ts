/**
 * Marked drafts: texts of a few tokens, each under its own key. Over keys they must have the distribution of texts without a
 * mark. Top-k removes tokens, so that most texts are impossible.
 */
import { seeded } from "../../evidence/seeded.ts";
import { WatermarkKey, type WatermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { SparseRow } from "../../src/sampling/rows.ts";
import { createSampler, type Sampler } from "../../src/sampling/sampler.ts";
import type { Siblings } from "../../src/sampling/verify/draft-law.ts";
import { parseVerifyOptions } from "../../src/sampling/verify/options.ts";
import { ROOT, treeOf } from "../../src/sampling/verify/tree.ts";
import { verifyDraft } from "../../src/sampling/verify/verify.ts";
import { type Fit, goodnessOfFit } from "../statistics/chi-square.ts";
import { secretOf } from "../watermarks/keys.ts";

export interface MarkedWorld {
  readonly vocab_size: number;
  readonly method: string;
  readonly scheme: string;
  /** which of the key's two secrets the drafter uses; absent: it does not mark */
  readonly drafter: "key_a" | "key_b" | undefined;
  /** tokens that the target keeps; absent: all */
  readonly top_k?: number;
  /** a tree in place of two tokens in a row */
  readonly parents?: readonly number[];
  /** how tokens with one parent are drawn; absent: independently */
  readonly siblings?: Siblings;
}

/** A tree of three first tokens; the first has two tokens behind it, the second one. */
export const MARKED_TREE: readonly number[] = [-1, -1, 0, -1, 0, 1];

/** The tokens of a text, and the number of drafted tokens that were accepted. */
export interface MarkedText {
  readonly token_ids: readonly number[];
  readonly accepted: number;
}

/** A whole row of a small vocabulary, which depends on the token before. `salt`: 1 is the target, 2 the drafter. */
function rowOf(vocab_size: number, before: number, salt: number): SparseRow {
  const random = seeded(salt, before + 1);
  const values = Float64Array.from({ length: vocab_size }, () => 2.5 * random.unit());
  return { token_ids: Int32Array.from({ length: vocab_size }, (_, i) => i), values, vocab_size } as SparseRow;
}

/** Seeds of drafts are this far apart, so that no two texts share them. */
const SEEDS_APART = 1_000_000;

/** The target's distribution after this token, in float64. */
function lawOf({ vocab_size, top_k = vocab_size }: MarkedWorld, before: number): number[] {
  const { values } = rowOf(vocab_size, before, 1);
  const least = Array.from(values).toSorted((a, b) => b - a)[top_k - 1] ?? 0;
  const weights = Array.from(values, (x) => (x >= least ? Math.exp(x) : 0));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Writes texts under a key, by calls to verify. */
export function writer(world: MarkedWorld) {
  const { vocab_size, method, scheme, top_k, parents, siblings } = world;
  const key = new ChangingKey();
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 }, undefined, { keys: key });
  const said = {
    draft_rows: "logits",
    method,
    watermark: { scheme, key: "main" },
    ...(top_k !== undefined && { top_k }),
    ...(parents !== undefined && { parents }),
    ...(siblings !== undefined && { draft_siblings: siblings }),
  };
  return (secret: bigint, length: number, seed: number): MarkedText => {
    key.change(secret);
    const text: number[] = [];
    let accepted = 0;
    while (text.length < length) {
      const room = Math.max(0, length - text.length - 1);
      const { tokens, rows } = drawDraft(sampler, world, parents ?? [-1, 0].slice(0, room), text, seed);
      const options = { ...said, draft_token_ids: tokens, history: text, step: text.length, seed };
      const target = [text.at(-1) ?? NO_TOKEN, ...tokens].map((id) => rowOf(vocab_size, id, 1));
      const verified = verifyDraft(sampler, { target, draft: rows }, parseVerifyOptions(options));
      accepted += verified.accepted;
      text.push(...verified.token_ids);
    }
    return { token_ids: text, accepted };
  };
}

const NO_TOKEN = -1;

/** The key "main", with another secret for each text. */
class ChangingKey implements WatermarkKeys {
  readonly size = 1;
  #key = new WatermarkKey([1n]);

  change(secret: bigint): void {
    this.#key = new WatermarkKey([secret]);
  }

  get(id: string): WatermarkKey {
    return id === "main" ? this.#key : new WatermarkKey([this.#key.derived(id)]);
  }
}

/**
 * Draws a draft. Each call has its own seeds, because `block` has read the drafts that the call before rejected. Siblings of
 * one noise are drawn without replacement: the earlier ones are banned.
 */
function drawDraft(
  sampler: Sampler,
  { vocab_size, drafter, siblings }: MarkedWorld,
  parents: readonly number[],
  text: readonly number[],
  seed: number,
) {
  const tree = treeOf(parents.length, parents);
  const tokens: number[] = [];
  const before = text.at(-1) ?? NO_TOKEN;
  const mark = drafter && { watermark: { scheme: "gumbel", key: drafter } };
  const visit = (node: number, path: readonly number[]) => {
    const history = [...text, ...path];
    const bias: Record<string, "-inf"> = {};
    for (const child of tree.childrenOf(node)) {
      const draft_seed = seed + SEEDS_APART * (7 + 16 * text.length + (parents.length > 2 ? child : 0));
      const place = { history, step: history.length, seed: draft_seed, logit_bias: { ...bias } };
      const row = rowOf(vocab_size, history.at(-1) ?? NO_TOKEN, 2);
      const { token_id } = sampler.sample(row, parseStepOptions({ ...place, ...mark }));
      if (siblings === "without_replacement") bias[token_id] = "-inf";
      tokens[child] = token_id;
      visit(child, [...path, token_id]);
    }
  };
  visit(ROOT, []);
  const inner = [ROOT, ...parents.keys()].filter((node) => tree.childrenOf(node).length > 0);
  return { tokens, rows: inner.map((node) => rowOf(vocab_size, tokens[node] ?? before, 2)) };
}

const LENGTH = 3;

export interface MarkedFit extends Fit {
  /** texts that have probability 0 */
  readonly impossible: number;
  /** drafted tokens that were accepted, of each text */
  readonly accepted: number;
}

/** The fit of texts of three tokens, each with its own key, to their probabilities without a mark. */
export function fitOf(world: MarkedWorld, texts: number): MarkedFit {
  const { vocab_size } = world;
  const write = writer(world);
  const random = seeded(11, 5);
  const counts = new Array<number>(vocab_size ** LENGTH).fill(0);
  let accepted = 0;
  for (let i = 0; i < texts; i++) {
    const text = write(secretOf(random), LENGTH, i);
    const [a = 0, b = 0, c = 0] = text.token_ids;
    accepted += text.accepted;
    counts[(a * vocab_size + b) * vocab_size + c]! += 1;
  }
  const laws = Array.from({ length: vocab_size + 1 }, (_, i) => lawOf(world, i - 1));
  const law = counts.map((_, place) => {
    const [a, b, c] = [
      Math.floor(place / vocab_size ** 2),
      Math.floor(place / vocab_size) % vocab_size,
      place % vocab_size,
    ];
    return laws[0]![a]! * laws[a + 1]![b]! * laws[b + 1]![c]!;
  });
  const impossible = counts.reduce((sum, count, i) => sum + (law[i] === 0 ? count : 0), 0);
  return { ...goodnessOfFit(counts, law), impossible, accepted: accepted / texts };
}
