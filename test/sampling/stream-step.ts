/** Steps of a stream for tests. */
import type { Sampled } from "../../src/sampling/report/report.ts";
import type { SampleStream } from "../../src/sampling/stream.ts";
import { sampler } from "./sample.ts";

/** The stream's next step on a dense row. */
export function next(
  stream: SampleStream,
  logits: ArrayLike<number>,
  own?: Record<string, unknown>,
): Sampled {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the one row is leased");
  try {
    row.load(logits);
    row.finish(stream.vocab_size);
    return stream.next(row, own);
  } finally {
    sampler.returnRow(row);
  }
}
