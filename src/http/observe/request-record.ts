/** The facts of a request in progress, from which its log line, its span and its counters are made. */
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
  /** the Problem that refuses it; answer this instead of the request */
  readonly refusal: Problem | undefined;
  /** the grant of its key; undefined when all is allowed */
  readonly grant: KeyGrant | undefined;
  /** name, value, name, value …: headers of any answer */
  readonly headers: readonly string[];
  /** the trace that the client named */
  readonly trace: TraceContext | undefined;
  /** the span of this request; undefined when none is recorded */
  readonly span: { readonly trace_id: string; readonly span_id: string } | undefined;
  /** performance.now() when its head had arrived */
  readonly began_ms: number;
  /** the Problem that it was answered with */
  problem: Problem | undefined;
  /** the error behind an internal_error, which the Problem does not show */
  defect: unknown;
  /** elements of its (first) row, once known */
  vocab_size: number;
}
