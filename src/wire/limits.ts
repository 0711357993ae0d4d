/** Limits on the size of requests; the service takes the numbers from its configuration. */
import type { OptionLimits } from "../sampling/options/option-limits.ts";

export interface WireLimits {
  /** elements of a row */
  readonly vocab_size_max: number;
  /** rows of a batch */
  readonly batch_rows_max: number;
  /** total number of rows in memory, and so at once; unlimited when absent */
  readonly rows_max?: number;
  /** bytes of JSON text besides the logits in it */
  readonly json_text_bytes_max: number;
  readonly options: OptionLimits;
}
