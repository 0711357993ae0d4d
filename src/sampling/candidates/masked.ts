/** The answers to rows of which no token is left. */
import { Problem } from "../../errors.ts";

/** The answer to a chain that leaves nothing to draw from. */
export function maskedBy(stage: string): Problem {
  return new Problem("all_tokens_masked", `every token is masked; ${stage} masked the last one`);
}

/** The answer to a row that leaves nothing to draw from. */
export function maskedAsItCame(): Problem {
  return new Problem("all_tokens_masked", "every logit is -Infinity as it came", "/logits");
}
