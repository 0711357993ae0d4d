/** The form of sums in files, and their reader. A file may contain anything, so every part is checked. */
import * as z from "zod";
import { ExactSum } from "./exact-sum.ts";
import { SKETCH_BIN_MAX } from "./sketch.ts";

/** Maximum number of rows: float64 holds integers exactly up to this number. */
const ROWS_MAX = Number.MAX_SAFE_INTEGER;

export const COUNT = z.int().min(0).max(ROWS_MAX);

export const SUM = z.string().transform((text, context) => {
  const sum = ExactSum.fromText(text);
  if (sum !== undefined) return sum;
  context.addIssue({ code: "custom", message: `must be a sum such as 1a3p268, got ${JSON.stringify(text)}` });
  return z.NEVER;
});

const bin = z.int().min(-SKETCH_BIN_MAX).max(SKETCH_BIN_MAX);

export const SKETCH = z.strictObject({
  low: z.number().nullable(),
  high: z.number().nullable(),
  counts: z.array(z.tuple([bin, COUNT])),
});

/** The texts of sums by name. */
export function savedSums<Name extends string>(sums: Readonly<Record<Name, ExactSum>>): Record<Name, string> {
  // fromEntries forgets the names, which are those of `sums`
  return Object.fromEntries(
    Object.entries<ExactSum>(sums).map(([name, sum]) => [name, sum.toText()]),
  ) as Record<Name, string>;
}

/** Adds each saved sum to the sum with its name. */
export function addSums<Name extends string>(
  to: Readonly<Record<Name, ExactSum>>,
  from: Readonly<Record<Name, ExactSum>>,
): void {
  for (const name of Object.keys(to) as Name[]) to[name].addSum(from[name]); // the keys are exactly the names
}

/** Adds each saved count to the count with its name. */
export function addCounts<Name extends string>(
  to: Record<Name, number>,
  from: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(to) as Name[]) to[name] += from[name];
}
