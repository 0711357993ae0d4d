/** What is told of a draft: its tokens, and how they were drawn. */
import type { StepOptions } from "../step.ts";

export const DRAFT_ROWS = ["none", "logits", "probabilities"] as const;
export type DraftRows = (typeof DRAFT_ROWS)[number];

export interface Draft {
  readonly draft_token_ids: readonly number[];
  /** what follows the rows of the target */
  readonly draft_rows: DraftRows;
  /** what makes probabilities of the draft's logits */
  readonly draft_options: StepOptions;
}
