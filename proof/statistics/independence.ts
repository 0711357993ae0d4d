/**
 * Checks whether consecutive draws are independent. Rows of 960 equal logits map each 960th of the uniform to a token,
 * so that correlations between the uniforms are visible in the tokens.
 */
import type { Connection } from "../connection.ts";
import type { Report } from "../proof.ts";
import { goodnessOfFit, P_MIN } from "./chi-square.ts";
import { draw, type Key, stepsOf } from "./draws.ts";

const SIZE = 960;
const ROW = new Float32Array(SIZE);

export async function proveIndependence(
  report: Report,
  connection: Connection,
  seed: number,
  count: number,
): Promise<void> {
  const sequences: readonly (readonly [string, Key[]])[] = [
    ["consecutive steps of one seed", stepsOf(seed + 40, count)],
    [
      "one step of consecutive seeds",
      Array.from({ length: count }, (_, i) => ({ seed: String(1000 + i), step: 0 })),
    ],
    [
      "seeds and steps that grow together",
      Array.from({ length: count }, (_, i) => ({ seed: String(i), step: i })),
    ],
  ];
  for (const [name, keys] of sequences) {
    const token_ids = await draw(connection, { row: ROW, chain: [] }, keys);
    const tests = {
      single: tuples(token_ids, 1, SIZE / 2),
      pairs: tuples(token_ids, 2, 16),
      triples: tuples(token_ids, 3, 6),
      progressions: progressions(token_ids),
    };
    const worst = Object.entries(tests).sort(([, a], [, b]) => a - b)[0]!;
    report.claim(
      `${name}: single draws, pairs, triples and arithmetic progressions are independent`,
      worst[1] >= P_MIN,
      `least p ${worst[1].toExponential(1)}, ${worst[0]}`,
    );
  }
}

/** The p-value of tuples that do not overlap; each token is put in one of `classes` classes of equal size. */
function tuples(token_ids: readonly number[], width: number, classes: number): number {
  const cells = classes ** width;
  const counts = new Float64Array(cells);
  for (let at = 0; at + width <= token_ids.length; at += width) {
    let cell = 0;
    for (let i = 0; i < width; i++) cell = cell * classes + Math.floor((token_ids[at + i]! * classes) / SIZE);
    counts[cell]! += 1;
  }
  const { p_chi, p_g } = goodnessOfFit(counts, new Float64Array(cells).fill(1 / cells));
  return Math.min(p_chi, p_g);
}

/** The p-value of a − 2b + c modulo the size, which is uniform when a, b and c are independent. */
function progressions(token_ids: readonly number[]): number {
  const bins = 96;
  const counts = new Float64Array(bins);
  for (let at = 0; at + 3 <= token_ids.length; at += 3) {
    const difference = token_ids[at]! - 2 * token_ids[at + 1]! + token_ids[at + 2]!;
    counts[Math.floor(((((difference % SIZE) + SIZE) % SIZE) * bins) / SIZE)]! += 1;
  }
  const { p_chi, p_g } = goodnessOfFit(counts, new Float64Array(bins).fill(1 / bins));
  return Math.min(p_chi, p_g);
}
