/** The parts of the service's replies that the page reads, as openapi.json describes them. */
import type { ProblemCode } from "../../../src/errors.ts";

export type { BeamStep } from "../../../src/sampling/beam/search.ts";
export type { Sampled } from "../../../src/sampling/report/report.ts";
export type { TokenLogprob } from "../../../src/sampling/report/token-logprob.ts";
export type { Fate, TraceEntry } from "../../../src/sampling/report/trace.ts";
export type { KnifeEdge } from "../../../src/sampling/report/trace-loss.ts";
export type { Verified } from "../../../src/sampling/verify/verify.ts";

/** One option of a stage, from its JSON Schema. */
export interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly Readonly<Record<string, unknown>>[];
}

/** A stage as GET /v1/samplers lists it. */
export interface StageInfo {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly carries_state: boolean;
  /** a stage as written in a chain */
  readonly example: Readonly<Record<string, unknown>>;
  readonly options: {
    readonly properties: Readonly<Record<string, OptionSchema>>;
    readonly required?: readonly string[];
  };
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** A watermark as GET /v1/samplers lists it. */
export interface WatermarkInfo {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: { readonly title: string; readonly url: string };
  readonly example: Readonly<Record<string, unknown>>;
  readonly keeps_distribution: boolean;
}

/** A method of verifying drafts as GET /v1/samplers lists it. */
export interface MethodInfo {
  readonly name: string;
  readonly summary: string;
  readonly formula: string;
  readonly source: { readonly title: string; readonly url: string };
  /** what drafts leave unchanged: the `tokens`, their `distribution`, or `nothing` */
  readonly preserves: string;
  /** true when it needs the distribution from which the draft was drawn */
  readonly reads_draft: boolean;
}

export interface Catalogue {
  readonly system_fingerprint: string;
  readonly stages: readonly StageInfo[];
  readonly watermarks: readonly WatermarkInfo[];
  readonly verify_methods: readonly MethodInfo[];
}

/** RFC 9457, as the service writes it. */
export interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode | "unreachable";
  readonly pointer: string;
}
