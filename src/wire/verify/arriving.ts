/** The rows of a draft as they arrive in place, several at a time, and the call that reads them. */
import type { Row } from "../../kernels/kernel.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { needsAll, type VerifyOptions } from "../../sampling/verify/options.ts";
import { finishRows } from "../rows.ts";
import { ownOptions, type VerifyCall } from "./calls.ts";
import type { DraftSets } from "./draft-sets.ts";

/** Rows that come in place in their order. */
export interface RowsInPlace {
  /** those in place */
  readonly rows: readonly Row[];
  /** Puts the next ones in place; false when bytes are missing. */
  next(): boolean;
  /** Skips this number of groups of rows. */
  skip(times: number): void;
}

/** The drafter's rows, where they come apart from those of the target. */
export interface RowsApart {
  readonly sets: DraftSets;
  /** index of the first row of this draft */
  readonly first: number;
  readonly count: number;
}

/** The facts about a draft that are known before its rows are in place. */
export interface DraftOfTensor {
  readonly options: VerifyOptions;
  readonly place: VerifyCall["place"];
  /** rows of the tensor */
  readonly count: number;
  readonly vocab_size: number;
  /** options that came with the rows */
  readonly own: readonly unknown[];
  /** undefined: the drafter's rows, if any, stand after those of the target */
  readonly apart: RowsApart | undefined;
}

/** How many rows of a draft's tensor must be in place together. */
export function togetherOf({ options, count, apart }: DraftOfTensor): number {
  const { method, draft_rows } = options.verification;
  return needsAll(method, apart === undefined ? draft_rows : "none") ? count : 1;
}

/** The call of a draft whose rows come in place. */
export function callOfTensor(draft: DraftOfTensor, arriving: RowsInPlace): VerifyCall {
  const { options, place, count, vocab_size, apart } = draft;
  const own = ownOptions(draft.own, options);
  const target = takenFrom(arriving, options);
  const drafted = options.verification.draft_token_ids.length;
  const of_drafter = apart?.count ?? 0;
  const lengths = Array.from({ length: count + of_drafter }, () => vocab_size);
  // A drafter with another vocabulary has its own length.
  const id_end = options.verification.translation?.common.draft.size ?? vocab_size;
  const draftRow =
    apart === undefined
      ? (index: number) => target(drafted + 1 + index)
      : (index: number) => apart.sets.row(apart.first + index, id_end);
  return { rows: { lengths, target, draft: draftRow, own }, options, place };
}

/** The rows by their index, as far as they have come: all together, or one in the place of the one before. Rows that are not asked for are dropped unread. */
function takenFrom(arriving: RowsInPlace, options: VerifyOptions): (index: number) => Row | undefined {
  const together = arriving.rows.length;
  let taken = 0;
  return (index) => {
    while (index >= taken) {
      if (index >= taken + together) {
        arriving.skip(index - taken);
        taken = index;
      }
      if (!arriving.next()) return undefined;
      finishAll(arriving.rows, options);
      taken += together;
    }
    return arriving.rows[index % together];
  };
}

/** Finishes the rows in place: those of the target, and after them those of the draft. */
function finishAll(rows: readonly Row[], options: VerifyOptions): void {
  const { draft_token_ids } = options.verification;
  finishRows(rows.slice(0, draft_token_ids.length + 1), options);
  finishRows(rows.slice(draft_token_ids.length + 1), optionsOfDraftRow(options));
}

/** The target's `vocab_size` is not that of a drafter with another vocabulary. */
export function optionsOfDraftRow(options: VerifyOptions): StepOptions {
  return options.verification.translation === undefined ? options : { ...options, vocab_size: undefined };
}
