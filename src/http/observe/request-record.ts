/** What is known of a request while it is under way: what its log line, its span and its counters are made of. */
import type { KeyGrant } from "../../config/keys.ts";
import type { Problem } from "../../errors.ts";
import type { RouteCounters } from "./counters.ts";
import type { TraceContext } from "./trace-context.ts";

/** One request, from its head to the end of its answer. */
export interface RequestRecord {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly route: RouteCounters;
  /** its key, or its address where there are no keys */
  readonly client: string;
  /** why it may not come in; answer this instead of what was asked */
  readonly refusal: Problem | undefined;
  /** what the owner of its key may do; undefined: all */
  readonly grant: KeyGrant | undefined;
  /** name, value, name, value …: to be sent with any answer */
  readonly headers: readonly string[];
  /** the trace the caller named */
  readonly trace: TraceContext | undefined;
  /** the span of this request; undefined when none is recorded */
  readonly span: { readonly trace_id: string; readonly span_id: string } | undefined;
  /** performance.now() when its head was there */
  readonly began_ms: number;
  /** what it was refused with, once it was */
  problem: Problem | undefined;
  /** what the Problem hides: the defect behind an internal_error */
  defect: unknown;
  /** elements of its (first) row, once known */
  vocab_size: number;
}
