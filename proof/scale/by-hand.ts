/**
 * `score` beside hand-written numpy over pyarrow, by codec: code as an experienced user of numpy writes it, in float32.
 */
import { join } from "node:path";
import type { Report } from "../proof.ts";
import { outputOf, PROGRAM, ROOT } from "./program.ts";

const ROUNDS = "5";
/** Theirs is of float32. */
const DIFFERENCE_MAX = 1e-5;

interface Race {
  readonly file: string;
  readonly bytes: number;
  readonly ours_s: readonly number[];
  readonly theirs_s: readonly number[];
  readonly cat_s: readonly number[];
  readonly difference: number;
}

export async function proveByHand(folder: string, python: string, report: Report): Promise<void> {
  const script = join(ROOT, "proof/scale/python/by_hand.py");
  const printed = await outputOf(python, [script, folder, ROUNDS, ...PROGRAM]);
  for (const { file, bytes, ours_s, theirs_s, cat_s, difference } of JSON.parse(printed) as Race[]) {
    const [ours, theirs, cat] = [ours_s, theirs_s, cat_s].map((seconds) => Math.min(...seconds));
    const rate = (seconds: number) => `${(bytes / 1e9 / seconds).toFixed(2)} GB/s`;
    report.figure(
      `${file}, CPU of ours ÷ theirs`,
      `${(ours! / theirs!).toFixed(2)}; ${rate(ours!)}, theirs ${rate(theirs!)}, cat ${rate(cat!)}`,
    );
    report.claim(
      `${file} has their loss to ${DIFFERENCE_MAX}`,
      difference <= DIFFERENCE_MAX,
      String(difference),
    );
  }
}
