/**
 * The tokens that two vocabularies have in common, as POST /v1/vocabularies/common and the local sampler return them.
 */
import { encodeBase64 } from "../../base64.ts";
import { assert } from "../../errors.ts";
import type { Vocabularies } from "../../vocabulary/vocabularies.ts";
import { type TranslationFields, translationOf } from "./translation.ts";

/** Two vocabularies, and perhaps a draft in the drafter's ids. */
export interface CommonFields extends TranslationFields {
  readonly draft_vocabulary: string;
  readonly draft_token_ids?: readonly number[] | undefined;
}

export interface CommonReply {
  vocabulary: string;
  draft_vocabulary: string;
  /** number of tokens that both have */
  count: number;
  /** the draft in ids of the target; only with `draft_token_ids` */
  token_ids?: number[];
  /** the drafter's tokens that the target has too: bits, base64; only without `draft_token_ids` */
  draft_token_bitmask?: string;
  /** by id of the drafter, the target's id or -1: int32, little-endian, base64; only without `draft_token_ids` */
  target_ids?: string;
}

/** Throws the Problem of a draft that the target cannot spell, or of a vocabulary that is not known. */
export function commonReply(
  { draft_token_ids, ...named }: CommonFields,
  vocabularies: Vocabularies | undefined,
): CommonReply {
  const translation = translationOf(draft_token_ids ?? [], named, vocabularies);
  assert(translation !== undefined, "the fields name the vocabulary of the draft");
  const { target, draft, count, draft_mask, to_target } = translation.common;
  const names = { vocabulary: target.name, draft_vocabulary: draft.name, count };
  return draft_token_ids === undefined
    ? { ...names, draft_token_bitmask: base64(draft_mask), target_ids: base64(to_target) }
    : { ...names, token_ids: [...translation.token_ids] };
}

function base64({ buffer, byteOffset, byteLength }: Uint32Array | Int32Array): string {
  return encodeBase64(new Uint8Array(buffer, byteOffset, byteLength));
}
