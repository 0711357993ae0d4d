/**
 * Verifies tokens that somebody else drafted, on the rows that the target gave behind each of them: how many are
 * accepted, and the token that follows them. Every token that comes of it is a step of the sequence like any other.
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
  /** what is the same as without a draft */
  readonly preserves: Preserved;
  /** how many tokens of the draft */
  readonly accepted: number;
  /** of a draft with parents: the accepted tokens by their index in it */
  readonly path?: readonly number[];
  /** of a drafter with another vocabulary: the draft in the ids of the target, whose rows are needed */
  readonly draft_token_ids?: readonly number[];
  /** of such a drafter: how many of its own tokens lie wholly in the accepted text */
  readonly draft_accepted?: number;
  /** those, and the one that follows them */
  readonly token_ids: readonly number[];
  /** what a step's reply holds, of each of these tokens */
  readonly positions: readonly Sampled[];
  /** sparse rows: whether whole ones would provably have given the same answer */
  readonly exact?: boolean;
  readonly seed: string;
  /** of the token that comes next */
  readonly step: number;
  /** what the next step must bring along */
  readonly state: Sampled["state"];
  readonly system_fingerprint: string;
  /** options that could do nothing, such as a penalty without a history */
  readonly warnings?: readonly string[];
}

/** Verifies a draft whose rows are there, at once. Throws a Problem whose pointer is relative to the call. The rows stay as they were. */
export function verifyDraft(taker: StepTaker, rows: PlacedRows, options: VerifyOptions): Verified {
  return allAtOnce(verifyInPieces(taker, inPlace(rows), options));
}

/** The same with pauses, one behind each position at the least. */
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

/** The same on a stream, which has the tokens behind its history then; as it was when anything throws. */
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
  const { state, rewind, system_fingerprint } = positions.at(-1) as Sampled; // every method takes one at the least
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
    // Where tokens were taken back, the other stages are where they were before these.
    state: rewind === undefined ? state : stream.state,
    system_fingerprint,
  };
}

/** What all rows of a call have in common, or none has. */
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
