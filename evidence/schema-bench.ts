/** The results of `npm run proof:grammar -- --bench` on JSONSchemaBench: written by the proof, read by the docs. */

export interface BenchSummary {
  readonly schemas: number;
  readonly compiled_as_sent: number;
  readonly compiled_or_weakened: number;
  readonly instances: number;
  readonly invalid_taken: number;
  readonly valid_refused: number;
  /** of these, the number that `property_order: "any"` refuses too; it does not support larger objects */
  readonly valid_refused_with_any: number;
  readonly valid_refused_in_any_order: number;
  readonly ms: { readonly median: number; readonly p99: number; readonly most: number };
  readonly bytes_most: number;
  /** by reason: the number of schemas refused as sent, and the number of those refused when weakened */
  readonly refused: Readonly<Record<string, readonly [as_sent: number, weakened: number]>>;
}
