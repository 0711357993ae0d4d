/**
 * A drafter with another vocabulary than the target's, in a world in which the probability of each text is known. Texts
 * are made by repeated calls to verify.
 */
import { seeded } from "../../evidence/seeded.ts";
import type { LogitsRow } from "../../src/sampling/rows.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { parseVerifyOptions, type VerifyOptions } from "../../src/sampling/verify/options.ts";
import type { DraftMatch } from "../../src/sampling/verify/translation.ts";
import { verifyDraft } from "../../src/sampling/verify/verify.ts";
import { commonTokens } from "../../src/vocabulary/common-tokens.ts";
import { vocabulariesOf } from "../../src/vocabulary/vocabularies.ts";
import { createVocabulary } from "../../src/vocabulary/vocabulary.ts";
import type { Counted, Told } from "./world.ts";

const UTF8 = new TextEncoder();

function vocabularyOf(
  name: string,
  tokens: readonly string[],
  special: readonly (readonly [number, string])[],
) {
  const bytes = tokens.map((token) => UTF8.encode(token));
  return createVocabulary(name, { tokens: bytes, special: new Map(special), end_ids: [] });
}

const TARGET = vocabularyOf("target", ["a", "b", "c", "ab", "abc", "<s>", "x", "é"], [[5, "<s>"]]);
const DRAFT = vocabularyOf("draft", ["<s>", "c", "zz", "a", "bc", "b", "ab", "q", "é"], [[0, "<s>"]]);
const vocabularies = vocabulariesOf([TARGET, DRAFT], "target");
const common = commonTokens(TARGET, DRAFT);
/** tokens of the drafter, zz and q, whose text the target cannot spell */
const UNSPELLED: readonly number[] = [2, 7];

const LENGTH = 3;
const FIRST_TOKEN = 4;
const TOP_K = 5;
const DRAFTED = 2;

const sampler = createSampler({ vocab_size_max: 64, rows_max: 32 }, undefined, { vocabularies });

/** by the token of the target that came before; the target never draws <s> */
const TARGET_LOGITS = Array.from({ length: TARGET.size }, (_, before) =>
  Array.from({ length: TARGET.size }, (__, id) =>
    id === 5 ? Number.NEGATIVE_INFINITY : Math.sin(3 * before + 1.7 * id),
  ),
);
/** by the token of the target that came before */
const DRAFT_LOGITS = Array.from({ length: TARGET.size }, (_, before) =>
  Array.from({ length: DRAFT.size }, (__, id) => Math.cos(2 * before + 1.3 * id) + (id === 2 ? 1 : 0)),
);

const target_rows = TARGET_LOGITS.map(rowOf);
const rows_of_draft: Readonly<Record<Told, readonly LogitsRow[]>> = {
  logits: DRAFT_LOGITS.map(rowOf),
  probabilities: DRAFT_LOGITS.map((logits) => rowOf(softmax(logits))),
  none: [],
};

/** The drafter's distribution: over common tokens, or over tokens whose text the target can spell. */
const DRAFT_LAWS: Readonly<Record<DraftMatch, readonly (readonly number[])[]>> = {
  tokens: lawsOver((id) => (common.to_target[id] ?? -1) >= 0),
  text: lawsOver((id) => !UNSPELLED.includes(id)),
};

function lawsOver(isDrafted: (id: number) => boolean): number[][] {
  return DRAFT_LOGITS.map((logits) =>
    softmax(logits.map((logit, id) => (isDrafted(id) ? logit : Number.NEGATIVE_INFINITY))),
  );
}

function rowOf(values: readonly number[]): LogitsRow {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the world has rows enough");
  row.load(Float32Array.from(values));
  row.finish();
  return row;
}

/** Probability of every text, by `indexOf`; 0 for texts with a token that top-k or the target's row removes. */
export function expectedTranslated(): Float64Array {
  const all = new Float64Array(TARGET.size ** LENGTH);
  const visit = (token_ids: readonly number[], p: number) => {
    if (token_ids.length === LENGTH) {
      all[indexOf(token_ids)] = p;
      return;
    }
    const logits = TARGET_LOGITS[token_ids.at(-1) ?? FIRST_TOKEN] ?? [];
    const least = logits.toSorted((a, b) => b - a)[TOP_K - 1] ?? 0;
    const law = softmax(logits.map((logit) => (logit >= least ? logit : Number.NEGATIVE_INFINITY)));
    for (const [id, q] of law.entries()) visit([...token_ids, id], p * q);
  };
  visit([], 1);
  return all;
}

function indexOf(token_ids: readonly number[]): number {
  return token_ids.slice(0, LENGTH).reduce((index, id) => index * TARGET.size + id, 0);
}

export interface TranslatedCourse {
  readonly method: string;
  readonly match: DraftMatch;
  readonly told: Told;
  readonly sequences: number;
  readonly seed: number;
}

/** Makes this number of texts, each with its own seed. */
export function countTranslated({ method, match, told, sequences, seed }: TranslatedCourse): Counted {
  const counts = new Float64Array(TARGET.size ** LENGTH);
  const noise = seeded(seed, method.length);
  const optionsOf = optionsFor({ method, match, told });
  let accepted = 0;
  let calls = 0;
  for (let i = 0; i < sequences; i++) {
    const history = [FIRST_TOKEN];
    while (history.length <= LENGTH) {
      const drafter_ids = drawDraft(history.at(-1) ?? 0, match, noise.unit);
      const options = optionsOf(drafter_ids);
      const before = [history.at(-1) ?? 0, ...options.verification.draft_token_ids];
      const pick = (rows: readonly LogitsRow[], of: readonly number[]) => of.flatMap((id) => rows[id] ?? []);
      const verified = verifyDraft(
        sampler,
        { target: pick(target_rows, before), draft: pick(rows_of_draft[told], before.slice(0, -1)) },
        { ...options, seed: String(seed * sequences + i), step: history.length - 1, history },
      );
      accepted += verified.accepted;
      calls += 1;
      history.push(...verified.token_ids);
    }
    counts[indexOf(history.slice(1))]! += 1;
  }
  return { counts, accepted_a_call: accepted / calls };
}

/** The options of a draft, which are parsed once for each. */
function optionsFor({ method, match, told }: Pick<TranslatedCourse, "method" | "match" | "told">) {
  const known = new Map<string, VerifyOptions>();
  return (draft_token_ids: readonly number[]): VerifyOptions => {
    const key = draft_token_ids.join();
    const parsed =
      known.get(key) ??
      parseVerifyOptions(
        {
          top_k: TOP_K,
          draft_vocabulary: "draft",
          draft_match: match,
          draft_token_ids,
          draft_rows: told,
          method,
        },
        undefined,
        vocabularies,
      );
    known.set(key, parsed);
    return parsed;
  };
}

/** The drafter's own ids. Its distribution depends on the token of the target that came before, or on its own last one. */
function drawDraft(before: number, match: DraftMatch, uniform: () => number): number[] {
  const drafter_ids: number[] = [];
  let last = before;
  while (drafter_ids.length < DRAFTED) {
    const id = drawn(DRAFT_LAWS[match][last] ?? [], uniform());
    drafter_ids.push(id);
    last = match === "tokens" ? (common.to_target[id] ?? 0) : id % TARGET.size;
  }
  return drafter_ids;
}

function drawn(law: readonly number[], u: number): number {
  let sum = 0;
  for (const [id, q] of law.entries()) {
    sum += q;
    if (u < sum) return id;
  }
  return law.findLastIndex((q) => q > 0);
}

function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((logit) => Math.exp(logit));
  const sum = weights.reduce((total, each) => total + each, 0);
  return weights.map((each) => each / sum);
}
