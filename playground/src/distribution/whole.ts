/** The probabilities of every token of the unchanged row, most likely first; requested once per row. */
import { signal } from "@preact/signals";
import { binaryBody } from "../api/client.ts";
import { send } from "../api/transport.ts";
import type { PageRow } from "../rows/row.ts";
import { followLatest } from "../state/latest.ts";
import { holdersOf, type Point, pointsOf } from "./curve-points.ts";

const POINTS = 160;

export interface Whole {
  readonly row: PageRow;
  readonly points: readonly Point[];
  /** how many tokens hold half of the probability, and 99 % */
  readonly half: number;
  readonly most: number;
}

export const whole = signal<Whole | undefined>(undefined);

export const askWhole = followLatest(async (row: PageRow): Promise<void> => {
  if (whole.peek()?.row === row) return;
  const sorted = (await probabilitiesOf(row))?.sort().reverse();
  if (sorted === undefined) return;
  whole.value = {
    row,
    points: pointsOf(sorted, POINTS),
    half: holdersOf(sorted, 0.5),
    most: holdersOf(sorted, 0.99),
  };
});

/**
 * float32 after a JSON head, or JSON; undefined for rows that the service refuses, whose problem is shown elsewhere.
 */
async function probabilitiesOf({ dtype, bytes, vocab_size }: PageRow): Promise<Float32Array | undefined> {
  const { headers, body } = binaryBody({ dtype, shape: [1, vocab_size] }, bytes);
  const accept = "application/octet-stream";
  const response = await send("/v1/probabilities", {
    method: "POST",
    headers: { ...headers, accept },
    body,
  });
  if (!response.ok) return undefined;
  if (response.headers.get("content-type")?.startsWith("application/json")) {
    const { results } = (await response.json()) as {
      results: readonly { probabilities: readonly number[] }[];
    }; // of one row
    return Float32Array.from(results[0]?.probabilities ?? []);
  }
  const head_bytes = Number(response.headers.get("inference-header-content-length"));
  return new Float32Array((await response.arrayBuffer()).slice(head_bytes));
}
