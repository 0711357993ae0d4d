/**
 * Drafts of a drafter with another vocabulary (Timor et al., Accelerating LLM Inference with Lossless Speculative
 * Decoding Algorithms for Heterogeneous Vocabularies, 2025). The result is a draft in the target's own tokens.
 */
import { Problem, show } from "../../errors.ts";
import { type CommonTokens, NO_PARTNER } from "../../vocabulary/common-tokens.ts";
import { spell } from "../../vocabulary/spell.ts";
import { NO_VOCABULARIES, type Vocabularies } from "../../vocabulary/vocabularies.ts";
import { bytesOf, type Vocabulary } from "../../vocabulary/vocabulary.ts";
import { isSparse, type LogitsRow } from "../rows.ts";
import { token_bitmask } from "../stages/token-bitmask.ts";
import type { StepOptions } from "../step.ts";
import { type DraftLaw, lawOfProbabilities } from "./draft-law.ts";

/**
 * The translation of the drafter's tokens: each to the target's token with the same bytes, or all together by their
 * text.
 */
export const DRAFT_MATCHES = ["tokens", "text"] as const;
export type DraftMatch = (typeof DRAFT_MATCHES)[number];

export interface Translation {
  readonly common: CommonTokens;
  readonly match: DraftMatch;
  /** the draft in the drafter's ids, as the request gives it */
  readonly drafter_ids: readonly number[];
  /** the same draft in the target's ids */
  readonly token_ids: readonly number[];
}

/** The options that say that a draft has another vocabulary. */
export interface TranslationFields {
  readonly draft_vocabulary?: string | undefined;
  readonly draft_match?: DraftMatch | undefined;
  /** of the target */
  readonly vocabulary?: string | undefined;
}

/**
 * The draft in the target's ids; undefined when it already is. Throws a Problem for a token that the target does not
 * have.
 */
export function translationOf(
  drafter_ids: readonly number[],
  { draft_vocabulary, draft_match, vocabulary }: TranslationFields,
  vocabularies: Vocabularies = NO_VOCABULARIES,
): Translation | undefined {
  if (draft_vocabulary === undefined) {
    if (draft_match === undefined) return undefined;
    throw new Problem(
      "option_conflict",
      `draft_match says how tokens of another vocabulary are taken, got ${draft_match} without draft_vocabulary`,
      "/draft_match",
    );
  }
  const target = vocabularies.of(vocabulary);
  if (target === undefined)
    throw new Problem(
      "option_conflict",
      "draft_vocabulary needs the vocabulary of the target: name one of those that GET /v1/vocabularies lists, got none",
      "/draft_vocabulary",
    );
  const common = vocabularies.common(target, draftNamed(draft_vocabulary, vocabularies));
  for (const [i, id] of drafter_ids.entries())
    if (id >= common.draft.size)
      throw new Problem(
        "token_id_out_of_range",
        `tokens of ${common.draft.name} must be below ${common.draft.size}, got ${id}`,
        `/draft_token_ids/${i}`,
      );
  const match = draft_match ?? "tokens";
  const token_ids = match === "tokens" ? partnersOf(drafter_ids, common) : spelledAnew(drafter_ids, common);
  return { common, match, drafter_ids, token_ids };
}

function draftNamed(name: string, vocabularies: Vocabularies): Vocabulary {
  try {
    return vocabularies.of(name) as Vocabulary; // a name was given
  } catch (error) {
    throw error instanceof Problem ? new Problem(error.code, error.message, "/draft_vocabulary") : error;
  }
}

function partnersOf(drafter_ids: readonly number[], { to_target, draft, target }: CommonTokens): number[] {
  return drafter_ids.map((id, i) => {
    const partner = to_target[id]!;
    if (partner !== NO_PARTNER) return partner;
    throw new Problem(
      "invalid_option",
      `a drafted token must have its bytes in both vocabularies, got ${id} of ${draft.name}, which ${target.name} has not; POST /v1/vocabularies/common lists those that it has`,
      `/draft_token_ids/${i}`,
    );
  });
}

/** Special tokens have no text; they match by name. */
function spelledAnew(drafter_ids: readonly number[], common: CommonTokens): number[] {
  const { draft, target } = common;
  const token_ids: number[] = [];
  let text: number[] = [];
  const flush = () => {
    token_ids.push(...spell(target, Uint8Array.from(text), "/draft_token_ids"));
    text = [];
  };
  for (const id of drafter_ids)
    if (draft.special.has(id)) {
      flush();
      token_ids.push(...partnersOf([id], common));
    } else text.push(...bytesOf(draft, id));
  flush();
  return token_ids;
}

/** The number of the drafter's own tokens that lie wholly in the text of the first accepted target tokens. */
export function drafterAccepted(
  { common, match, drafter_ids, token_ids }: Translation,
  accepted: number,
): number {
  if (match === "tokens") return accepted;
  const lengthIn = (vocabulary: Vocabulary, id: number) =>
    vocabulary.special.has(id) ? 1 : bytesOf(vocabulary, id).length;
  let left = token_ids.slice(0, accepted).reduce((sum, id) => sum + lengthIn(common.target, id), 0);
  let count = 0;
  for (const id of drafter_ids) {
    left -= lengthIn(common.draft, id);
    if (left < 0) break;
    count += 1;
  }
  return count;
}

/** The options of the drafter's chain, on rows of its own vocabulary: only common tokens can be drawn. */
export function restricted(options: StepOptions, { common }: Translation): StepOptions {
  const mask = { stage: "token_bitmask", token_bitmask: common.draft_mask } as const;
  return {
    ...options,
    chain: [{ stage: token_bitmask, options: mask, skipped: undefined }, ...options.chain],
    vocab_size: undefined,
  };
}

/** Ids of the target in the drafter's ids; -1, a token without an id, for a token that the drafter lacks. */
export function drafterHistory(history: readonly number[], { common }: Translation): number[] {
  return history.map((id) => common.to_draft[id] ?? NO_PARTNER);
}

/** Probabilities of a drafter's row, renormalised over the common tokens. */
export function restrictedProbabilities(row: LogitsRow, { common }: Translation): DraftLaw {
  const law = lawOfProbabilities(row, common.draft.size);
  let mass = 0;
  const count = isSparse(row) ? row.token_ids.length : Math.min(row.length, common.draft.size);
  for (let i = 0; i < count; i++) {
    const id = isSparse(row) ? row.token_ids[i]! : i;
    if ((common.to_target[id] ?? NO_PARTNER) !== NO_PARTNER) mass += law.probability(id);
  }
  if (mass > 0) return { probability: (id) => law.probability(id) / mass };
  throw new Problem(
    "invalid_logits",
    `a row of the draft must give some probability to tokens that ${show(common.target.name)} has too, got 0`,
    "/logits",
  );
}

/** Converts a distribution over the drafter's ids to one over the target's. */
export function ofTarget(law: DraftLaw, { common }: Translation): DraftLaw {
  return {
    probability(token_id) {
      const partner = common.to_draft[token_id] ?? NO_PARTNER;
      return partner === NO_PARTNER ? 0 : law.probability(partner);
    },
  };
}
