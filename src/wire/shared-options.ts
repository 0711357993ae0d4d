/** The options that the rows of a batch share, and whose fault a row's problem is. */
import { Problem } from "../errors.ts";
import type { OptionLimits } from "../sampling/option-limits.ts";
import { parseStepOptions } from "../sampling/step-options.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * A misspelt shared option fails the batch as a whole. Any other fault of the shared options is told by each
 * row, since what a row says itself may mend it.
 */
export function requireKnown(shared: Fields, limits: OptionLimits): void {
  try {
    parseStepOptions(shared, limits);
  } catch (error) {
    if (error instanceof Problem && error.code === "unknown_option") throw error;
  }
}

/**
 * The problem of row `index` as the batch sees it. A pointer to a shared option stays where that option stands. What is
 * no fault of the row is thrown: a defect, and a server without a free row, which would only refuse the others too.
 */
export function rowProblem(error: unknown, index: number, own: Fields, shared: Fields): Problem {
  if (!(error instanceof Problem) || error.code === "overloaded") throw error;
  const field = error.pointer.split("/")[1] ?? "";
  const is_shared = field in shared && !(field in own);
  return is_shared ? error : error.within(`/rows/${index}`);
}
