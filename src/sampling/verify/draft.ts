/** What is told of a draft: its tokens, how they follow one another, and how they were drawn. */
import type { StepOptions } from "../step.ts";
import type { Translation } from "./translation.ts";
import type { DraftTree } from "./tree.ts";

export const DRAFT_ROWS = ["none", "logits", "probabilities"] as const;
export type DraftRows = (typeof DRAFT_ROWS)[number];

/** How the tokens that may follow the same one were drawn from their row. */
export const SIBLINGS = ["independent", "without_replacement"] as const;
export type Siblings = (typeof SIBLINGS)[number];

export interface Draft {
  /** in the ids of the target */
  readonly draft_token_ids: readonly number[];
  readonly tree: DraftTree;
  /** what follows the rows of the target */
  readonly draft_rows: DraftRows;
  readonly draft_siblings: Siblings;
  /** what makes probabilities of the draft's logits */
  readonly draft_options: StepOptions;
  /** of a drafter with another vocabulary */
  readonly translation: Translation | undefined;
}
