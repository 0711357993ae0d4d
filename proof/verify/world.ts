/**
 * A world of five words in which every probability about drafts can be computed by hand. The next word depends on the
 * word before and, through a penalty, on all earlier words; the drafter has its own distribution. Sequences are made by
 * repeated calls to verify, and their counts are compared with the product of their probabilities.
 */
import { randomRow } from "../../evidence/rows.ts";
import { seeded } from "../../evidence/seeded.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import type { LogitsRow } from "../../src/sampling/rows.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import type { Siblings } from "../../src/sampling/verify/draft-law.ts";
import type { VerifyMethod } from "../../src/sampling/verify/method.ts";
import { parseVerifyOptions, type VerifyOptions } from "../../src/sampling/verify/options.ts";
import { type DraftTree, ROOT, treeOf } from "../../src/sampling/verify/tree.ts";
import { verifyDraft } from "../../src/sampling/verify/verify.ts";

const WORDS = 5;
/** words of each counted sequence */
const LENGTH = 4;
const FIRST_WORD = 2;
const PENALTY = 0.8;
const TEMPERATURE = 0.9;
const TOP_K = 4;
const DRAFT_TEMPERATURE = 1.4;

/** The forms in which the drafter reports its distribution. */
export const TOLD = ["logits", "probabilities", "none"] as const;
export type Told = (typeof TOLD)[number];

/**
 * `narrow`: the vocabulary is the five words, and the chain keeps four of them. `wide`: the rows are so long that they
 * stay whole; the other tokens are masked, and the chain removes none.
 */
export const WIDTHS = ["narrow", "wide"] as const;
export type Width = (typeof WIDTHS)[number];

const CHAIN = { presence_penalty: PENALTY, temperature: TEMPERATURE };
const LENGTH_OF_ROWS = { narrow: WORDS, wide: 300 } as const;
const KEPT = { narrow: TOP_K, wide: WORDS } as const;

const sampler = createSampler({ vocab_size_max: 384, rows_max: 6 * WORDS });

/** Rows by the word before. */
interface Rows {
  readonly target: readonly Row[];
  readonly draft: readonly Row[];
  readonly draft_probabilities: readonly Row[];
}

function leased(values: ArrayLike<number>, width: Width, rest: number): Row {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the world has rows enough");
  const all = new Float32Array(LENGTH_OF_ROWS[width]).fill(rest);
  all.set(values);
  row.load(all);
  row.finish();
  return row;
}

const contexts = Array.from({ length: WORDS }, (_, word) => word);
/** flat enough that the replacement of a rejected word is a choice among several */
const FLATNESS = 0.35;
const target_logits = contexts.map((word) => randomRow(WORDS, 100 + word).map((logit) => FLATNESS * logit));
const draft_logits = contexts.map((word) =>
  randomRow(WORDS, 200 + word).map((logit, i) => FLATNESS * logit + (target_logits[word]?.[i] ?? 0)),
);
const draft_laws = draft_logits.map((logits) =>
  softmax(Array.from(logits, (logit) => logit / DRAFT_TEMPERATURE)),
);
const rows: Readonly<Record<Width, Rows>> = { narrow: rowsOfWidth("narrow"), wide: rowsOfWidth("wide") };

function rowsOfWidth(width: Width): Rows {
  const masked = Number.NEGATIVE_INFINITY;
  return {
    target: target_logits.map((logits) => leased(logits, width, masked)),
    draft: draft_logits.map((logits) => leased(logits, width, masked)),
    draft_probabilities: draft_laws.map((law) => leased(law, width, 0)),
  };
}

/** The distribution of the next word after this history, in float64. */
function targetLaw(history: readonly number[], width: Width): number[] {
  const logits = target_logits[history.at(-1) ?? 0] ?? [];
  const scores = Array.from(
    logits,
    (logit, word) => (logit - (history.includes(word) ? PENALTY : 0)) / TEMPERATURE,
  );
  const least = scores.toSorted((a, b) => b - a)[KEPT[width] - 1] ?? 0;
  return softmax(scores.map((score) => (score >= least ? score : Number.NEGATIVE_INFINITY)));
}

/** Probability of every sequence of LENGTH words, by `indexOf`. */
export function expected(width: Width): Float64Array {
  const all = new Float64Array(WORDS ** LENGTH);
  const visit = (words: readonly number[], p: number) => {
    if (words.length === LENGTH) all[indexOf(words)] = p;
    else
      for (const [word, q] of targetLaw([FIRST_WORD, ...words], width).entries())
        visit([...words, word], p * q);
  };
  visit([], 1);
  return all;
}

/**
 * The same when `ensemble` verifies drafts of this length. A drafted position has the distribution of the mixture; the
 * position after a draft that was accepted whole has the target's.
 */
export function expectedEnsemble(width: Width, weight: number, drafted: number): Float64Array {
  const all = new Float64Array(WORDS ** LENGTH);
  const visit = (words: readonly number[], place: number, probability: number) => {
    if (words.length === LENGTH) {
      all[indexOf(words)]! += probability;
      return;
    }
    const history = [FIRST_WORD, ...words];
    const p = targetLaw(history, width);
    if (place === drafted) {
      for (const [word, each] of p.entries()) visit([...words, word], 0, probability * each);
      return;
    }
    const q = draft_laws[history.at(-1) ?? 0] ?? [];
    const kept_mass = q.reduce((sum, each, word) => sum + ((p[word] ?? 0) > 0 ? each : 0), 0);
    for (const [word, each] of p.entries()) {
      if (each === 0) continue;
      const drawn = q[word] ?? 0;
      const mixed = weight * each + ((1 - weight) * drawn) / kept_mass;
      visit([...words, word], place + 1, probability * Math.min(drawn, mixed));
      visit([...words, word], 0, probability * Math.max(mixed - drawn, 0));
    }
  };
  visit([], 0, 1);
  return all;
}

/** The threshold of typical acceptance: min(ε, δ·e^−H). */
export interface Threshold {
  readonly epsilon: number;
  readonly delta: number;
}

/**
 * The same when `typical` verifies drafts that were drawn: at each position the first drafted token with p > min(ε, δ·e^−H)
 * is taken; without one the token is drawn from p, and the next draft begins after it.
 */
export function expectedTypical(
  width: Width,
  threshold: Threshold,
  parents: readonly number[],
): Float64Array {
  const all = new Float64Array(WORDS ** LENGTH);
  const visit = (words: readonly number[], node: number, probability: number) => {
    if (probability === 0) return;
    if (words.length === LENGTH) {
      all[indexOf(words)]! += probability;
      return;
    }
    const history = [FIRST_WORD, ...words];
    const p = targetLaw(history, width);
    const q = draft_laws[history.at(-1) ?? 0] ?? [];
    const entropy = p.reduce((sum, each) => sum - (each > 0 ? each * Math.log(each) : 0), 0);
    const least = Math.min(threshold.epsilon, threshold.delta * Math.exp(-entropy));
    let untaken = 1;
    for (const [child, parent] of parents.entries()) {
      if (parent !== node) continue;
      let refused = 0;
      for (const [word, drafted] of q.entries()) {
        if ((p[word] ?? 0) > least) visit([...words, word], child, probability * untaken * drafted);
        else refused += drafted;
      }
      untaken *= refused;
    }
    for (const [word, each] of p.entries()) visit([...words, word], ROOT, probability * untaken * each);
  };
  visit([], ROOT, 1);
  return all;
}

function indexOf(words: readonly number[]): number {
  return words.slice(0, LENGTH).reduce((index, word) => index * WORDS + word, 0);
}

/** The count of each sequence, and the number of drafted tokens that each call accepted. */
export interface Counted {
  readonly counts: Float64Array;
  readonly accepted_a_call: number;
}

export interface Course {
  readonly method: VerifyMethod;
  readonly told: Told;
  readonly width: Width;
  readonly drafted: number;
  readonly sequences: number;
  readonly seed: number;
  /** a tree in place of a draft without branches */
  readonly parents?: readonly number[];
  /** how tokens with one parent are drawn; absent: independently */
  readonly siblings?: Siblings;
  /** the drafter draws its tokens also when it reports no distribution */
  readonly is_drawn?: boolean;
  /** of the method */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A tree of several depths with several tokens at each fork; its nodes are not ordered by depth. */
export const PARENTS = [-1, 0, -1, 0, 1, -1, 2, 2, 4];

/** A draft of the world. */
interface WorldDraft {
  readonly tokens: readonly number[];
  readonly parents: readonly number[];
}

/** Makes this number of sequences, each with its own seed. */
export function count(course: Course): Counted {
  const { method, told, width, sequences, seed } = course;
  const counts = new Float64Array(WORDS ** LENGTH);
  const noise = seeded(seed);
  const options = optionsOf(course, method);
  const { siblings, is_drawn = told !== "none" } = course;
  const { parents = Array.from({ length: course.drafted }, (_, i) => i - 1) } = course;
  const tree = treeOf(parents.length, parents);
  let accepted = 0;
  let calls = 0;
  for (let i = 0; i < sequences; i++) {
    const history = [FIRST_WORD];
    while (history.length <= LENGTH) {
      const draft = { parents, tokens: drawDraft(history, tree, is_drawn, siblings, noise.unit) };
      const verified = verifyDraft(sampler, rowsOf(history, draft, told, width), {
        ...options,
        history,
        seed: String(seed * sequences + i),
        step: history.length - 1,
        verification: { ...options.verification, tree, draft_token_ids: draft.tokens },
      });
      accepted += verified.accepted;
      calls += 1;
      history.push(...verified.token_ids);
    }
    counts[indexOf(history.slice(1))]! += 1;
  }
  return { counts, accepted_a_call: accepted / calls };
}

function optionsOf(
  { told, width, siblings, options: course_options }: Course,
  method: VerifyMethod,
): VerifyOptions {
  const draft_options = told === "logits" ? { draft_options: { temperature: DRAFT_TEMPERATURE } } : {};
  const parsed = parseVerifyOptions({
    ...CHAIN,
    ...(width === "narrow" && { top_k: TOP_K }),
    history: [],
    method: "rejection",
    draft_token_ids: [],
    draft_rows: told,
    ...(siblings && { draft_siblings: siblings }),
    ...draft_options,
  });
  const method_options = method.options.parse({ method: method.name, ...course_options });
  return { ...parsed, verification: { ...parsed.verification, method, method_options } };
}

/** The drafter's tokens: drawn, or the likeliest, as from a table of what followed. */
function drawDraft(
  history: readonly number[],
  tree: DraftTree,
  is_drawn: boolean,
  siblings: Siblings | undefined,
  uniform: () => number,
): number[] {
  const tokens: number[] = [];
  const visit = (node: number) => {
    const law = draft_laws[tokens[node] ?? history.at(-1) ?? 0] ?? [];
    const ranked = [...law.keys()].sort((a, b) => (law[b] ?? 0) - (law[a] ?? 0));
    const gone = new Set<number>();
    for (const [i, child] of tree.childrenOf(node).entries()) {
      const left = siblings === "without_replacement" ? law.map((q, id) => (gone.has(id) ? 0 : q)) : law;
      const total = left.reduce((sum, q) => sum + q, 0);
      const token = is_drawn ? drawn(left, uniform() * total) : (ranked[i] ?? 0);
      gone.add(token);
      tokens[child] = token;
      visit(child);
    }
  };
  visit(ROOT);
  return tokens;
}

function drawn(law: readonly number[], u: number): number {
  let sum = 0;
  for (const [word, p] of law.entries()) {
    sum += p;
    if (u < sum) return word;
  }
  return law.length - 1;
}

function rowsOf(history: readonly number[], { tokens, parents }: WorldDraft, told: Told, width: Width) {
  const words = [history.at(-1) ?? 0, ...tokens];
  const inner = words.filter((_, i) => parents.includes(i - 1));
  const all: Readonly<Record<Told, readonly Row[]>> = {
    logits: rows[width].draft,
    probabilities: rows[width].draft_probabilities,
    none: [],
  };
  const pick = (from: readonly Row[], of: readonly number[]): LogitsRow[] =>
    of.flatMap((word) => from[word] ?? []);
  return { target: pick(rows[width].target, words), draft: pick(all[told], inner) };
}

function softmax(scores: readonly number[]): number[] {
  const max = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - max));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
