/**
 * Verifies drafted tokens on the target's rows after each of them: how many are accepted, and which token follows.
 * Every resulting token is a normal step of the sequence.
 */

import { Problem, show } from "../../errors.ts";
import { allAtOnce } from "../../pieces.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits } from "../options/option-limits.ts";
import type { Sampled } from "../report/report.ts";
import type { StepTaker } from "../sampler.ts";
import { type SampleStream, streamFrom } from "../stream.ts";
import { requireBelow } from "../vocab-size.ts";
import type { Promise as Preserved } from "./method.ts";
import { rowCount, type Verification, type VerifyOptions } from "./options.ts";
import { drafterAccepted } from "./translation.ts";
import { DraftWalk, inPlace, type Pause, type PlacedRows, type VerifyRows } from "./walk.ts";

/** The reply to a draft, in wire order. */
export interface Verified {
  readonly method: string;
  /** the guarantee, compared with sampling without a draft */
  readonly preserves: Preserved;
  /** number of accepted draft tokens */
  readonly accepted: number;
  /** of a draft with parents: the accepted tokens by their index in it */
  readonly path?: readonly number[];
  /** with a draft_vocabulary: the draft in the ids of the target */
  readonly draft_token_ids?: readonly number[];
  /** with a draft_vocabulary: number of the drafter's own tokens that lie wholly in the accepted text */
  readonly draft_accepted?: number;
  /** the accepted tokens, and the one after them */
  readonly token_ids: readonly number[];
  /** the reply fields of a step, for each of these tokens */
  readonly positions: readonly Sampled[];
  /** for sparse rows: true when whole ones would provably have given the same reply */
  readonly exact?: boolean;
  readonly seed: string;
  /** step number of the next token */
  readonly step: number;
  /** the state for the next step */
  readonly state: Sampled["state"];
  readonly system_fingerprint: string;
  /** options without effect, such as a penalty without a history */
  readonly warnings?: readonly string[];
}

/**
 * Verifies a draft whose rows are all present, in one piece. Throws a Problem whose pointer is relative to the call. The rows
 * stay unchanged.
 */
export function verifyDraft(taker: StepTaker, rows: PlacedRows, options: VerifyOptions): Verified {
  return allAtOnce(verifyInPieces(taker, inPlace(rows), options));
}

/** The same with pauses, at least one after each position. */
export function* verifyInPieces(
  taker: StepTaker,
  rows: VerifyRows,
  options: VerifyOptions,
  limits: OptionLimits = DEFAULT_OPTION_LIMITS,
): Generator<Pause, Verified> {
  const stream = streamFrom(taker, options.given, options, limits);
  const verified = yield* verifyOnStream(taker, stream, rows, options.verification);
  const { warnings } = options;
  return warnings === undefined ? verified : { ...verified, warnings };
}

/**
 * The same on a stream. The tokens are appended to its history. When anything throws, the stream is
 * unchanged.
 */
export function* verifyOnStream(
  taker: StepTaker,
  stream: SampleStream,
  rows: VerifyRows,
  verification: Verification,
): Generator<Pause, Verified> {
  requireRows(rows, verification, stream.vocab_size);
  const { method, method_options } = verification;
  const walk = new DraftWalk(taker, stream, rows, verification);
  try {
    yield* method.apply(walk, method_options);
    return told(walk, stream, verification);
  } catch (error) {
    walk.back();
    throw error;
  }
}

function told(
  { positions, path, is_exact }: DraftWalk,
  stream: SampleStream,
  { method, is_tree, translation }: Verification,
): Verified {
  const { state, rewind, system_fingerprint } = positions.at(-1) as Sampled; // every method takes at least one token
  return {
    method: method.name,
    preserves: method.preserves,
    accepted: path.length,
    ...(is_tree && { path: [...path] }),
    ...(translation && {
      draft_token_ids: translation.token_ids,
      draft_accepted: drafterAccepted(translation, path.length),
    }),
    token_ids: positions.map(({ token_id }) => token_id),
    positions: [...positions],
    ...(is_exact !== undefined && { exact: is_exact }),
    seed: stream.seed,
    step: stream.step,
    // When tokens were taken back, the states of the other stages are those from before these tokens.
    state: rewind === undefined ? state : stream.state,
    system_fingerprint,
  };
}

/** Properties that all rows of a call have, or none. */
const NOT_OWN = ["n", "vocab_size"] as const;

function requireRows(
  { lengths, own }: VerifyRows,
  verification: Verification,
  vocab_size: number | undefined,
): void {
  const { draft_token_ids, draft_rows, translation } = verification;
  const drafted = draft_token_ids.length;
  const expected = rowCount(verification);
  const got = lengths.length;
  if (got !== expected)
    throw new Problem(
      "length_mismatch",
      `a draft of ${drafted} tokens needs ${expected} rows with draft_rows ${draft_rows}, got ${got}`,
      "/rows",
    );
  // Rows of a drafter with another vocabulary have another length.
  const alike = translation === undefined ? lengths : lengths.slice(0, drafted + 1);
  const [first, ...others] = alike;
  const odd = others.findIndex((length) => length !== undefined && first !== undefined && length !== first);
  if (odd >= 0)
    throw new Problem(
      "length_mismatch",
      `the rows of a draft must have one length, ${first} as the first, got ${others[odd]} in row ${odd + 1}`,
      `/rows/${odd + 1}`,
    );
  for (const [i, fields = {}] of own.entries())
    for (const name of NOT_OWN)
      if (fields[name] !== undefined)
        throw new Problem(
          "option_conflict",
          `the rows of a draft have no ${name} of their own, got ${show(fields[name])}`,
          `/rows/${i}/${name}`,
        );
  const id_end = Math.min(first ?? Number.POSITIVE_INFINITY, vocab_size ?? Number.POSITIVE_INFINITY);
  for (const [i, id] of draft_token_ids.entries()) requireBelow(id_end, id, `/draft_token_ids/${i}`);
}
