/** The problems of rows in which no token is left. */
import { Problem } from "../../errors.ts";

/** The problem of a chain that removed every token. */
export function maskedBy(stage: string): Problem {
  return new Problem("all_tokens_masked", `every token is masked; ${stage} masked the last one`);
}

/** The problem of a row in which every logit is -Infinity. */
export function maskedAsItCame(): Problem {
  return new Problem("all_tokens_masked", "every logit is -Infinity as it came", "/logits");
}
