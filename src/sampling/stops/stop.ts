/**
 * What a stop is: one reason to end a text, as a plain object. It is asked after the draw, of the tokens so far and of
 * what was measured of the last rows; it changes no token, and the host decides what to do with the answer.
 */
import type { z } from "zod";
import type { StepText } from "../history/step-text.ts";
import type { Kind } from "../kind.ts";
import type { UncertainSide } from "../report/uncertainty.ts";

/** A text whose last token was just drawn. The tokens of the prompt are not its own. */
export interface Generated extends Pick<StepText, "history" | "prompt_length" | "vocabulary"> {
  readonly token_id: number;
}

/** A number that is read of the row of every step, and looked at over the last of them. */
export interface Measure<Options> {
  /** of how many steps the numbers are kept */
  window(options: Options): number;
  of(row: UncertainSide, options: Options): number;
}

/** Its name is its key in `stop`, and its summary says when it is due. */
export interface Stop<Options = unknown> extends Kind {
  /** what a reply says when it is due */
  readonly finish_reason: string;
  readonly options: z.ZodType<Options>;
  readonly example: unknown;
  readonly measure?: Measure<Options>;
  /** `measured` holds the numbers of the last steps, this one's last: as many as the window has, or as there were. */
  isDue(options: Options, text: Generated, measured: readonly number[]): boolean;
  /** how many bytes at the end of the text belong to it when it is due; none when absent */
  bytes?(options: Options, text: Generated): number;
}

/** How many tokens were generated, the one just drawn among them. */
export function lengthOf({ history, prompt_length }: Generated): number {
  return history.length - prompt_length + 1;
}

/** The token so many places before the last one. */
export function tokenBefore({ token_id, history }: Generated, places: number): number {
  return places === 0 ? token_id : history[history.length - places]!;
}
