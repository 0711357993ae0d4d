/**
 * Names the rows on which a result is shown: the reader must know whether the temperature was fitted on the same rows.
 */
import { count } from "../components/format.ts";
import { HELD_OUT_FROM, type HeldOut } from "./held-out.ts";

export function whichRows({ test, is_held_out }: Pick<HeldOut, "test" | "is_held_out">): string {
  if (is_held_out) return `${count(test.rows)} rows that the temperature was not fitted to`;
  return `the same ${count(test.rows)} ${test.rows === 1 ? "row" : "rows"} that the temperature was fitted to: too few to hold any out, which takes ${HELD_OUT_FROM}`;
}
