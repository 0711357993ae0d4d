/**
 * A stop is one reason to end a text, as a plain object. It is checked after the draw, with the tokens so far and
 * measurements of the last rows. It changes no token, and the host decides what to do with the result.
 */
import type { z } from "zod";
import type { StepText } from "../history/step-text.ts";
import type { Kind } from "../kind.ts";
import type { UncertainSide } from "../report/uncertainty.ts";

/** A text whose last token was just drawn. The prompt is not part of the generated text. */
export interface Generated extends Pick<StepText, "history" | "prompt_length" | "vocabulary"> {
  readonly token_id: number;
}

/** A number that is measured on the row of every step, with a window over the last steps. */
export interface Measure<Options> {
  /** number of steps whose numbers are kept */
  window(options: Options): number;
  of(row: UncertainSide, options: Options): number;
}

/** Its name is its key in `stop`, and its summary says when it applies. */
export interface Stop<Options = unknown> extends Kind {
  /** the `finish_reason` when it applies */
  readonly finish_reason: string;
  readonly options: z.ZodType<Options>;
  readonly example: unknown;
  readonly measure?: Measure<Options>;
  /** `measured` holds the numbers of the last steps, this one's last: as many as the window has, or as exist. */
  isDue(options: Options, text: Generated, measured: readonly number[]): boolean;
  /** number of bytes at the end of the text that belong to it when it applies; absent: 0 */
  bytes?(options: Options, text: Generated): number;
}

/** The number of generated tokens, including the one just drawn. */
export function lengthOf({ history, prompt_length }: Generated): number {
  return history.length - prompt_length + 1;
}

/** The token this number of positions before the last one. */
export function tokenBefore({ token_id, history }: Generated, places: number): number {
  return places === 0 ? token_id : history[history.length - places]!;
}
