/** The description of a draft: its tokens, their order, and how they were drawn. */
import type { StepOptions } from "../step.ts";
import type { Siblings } from "./draft-law.ts";
import type { Translation } from "./translation.ts";
import type { DraftTree } from "./tree.ts";

export const DRAFT_ROWS = ["none", "logits", "probabilities"] as const;
export type DraftRows = (typeof DRAFT_ROWS)[number];

export interface Draft {
  /** in the ids of the target */
  readonly draft_token_ids: readonly number[];
  readonly tree: DraftTree;
  /** the kind of rows after those of the target */
  readonly draft_rows: DraftRows;
  readonly draft_siblings: Siblings;
  /** the chain that turns the draft's logits into probabilities */
  readonly draft_options: StepOptions;
  /** of a drafter with another vocabulary */
  readonly translation: Translation | undefined;
}
