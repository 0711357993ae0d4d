/** A search cannot bear the server's mark, and has to leave it out. Whether a key may leave it out is checked with each step. */
import { Problem } from "../../errors.ts";
import type { StepOptions } from "../step.ts";

/** Throws the Problem of a row that does not leave out the mark of a server that has one. */
export function requireUnmarked({ unmarked }: StepOptions, marks: boolean): void {
  if (unmarked || !marks) return;
  throw new Problem(
    "forbidden",
    "this server marks what it draws (WATERMARK_DEFAULT), and a beam search cannot bear the mark: unmarked leaves it out, where the key may",
    "/unmarked",
  );
}
