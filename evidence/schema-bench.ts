/** The results of `npm run proof:grammar -- --bench` on JSONSchemaBench: written by the proof, read by the docs. */

export interface BenchSummary {
  readonly schemas: number;
  readonly compiled_as_sent: number;
  readonly compiled_or_weakened: number;
  readonly instances: number;
  readonly invalid_taken: number;
  readonly valid_refused: number;
  /** those that are refused with `property_order: "any"` too, which larger objects do not have */
  readonly valid_refused_with_any: number;
  readonly valid_refused_in_any_order: number;
  readonly ms: { readonly median: number; readonly p99: number; readonly most: number };
  readonly bytes_most: number;
  /** by reason: how many schemas were refused as they were sent, and how many of those weakened as well */
  readonly refused: Readonly<Record<string, readonly [as_sent: number, weakened: number]>>;
}
