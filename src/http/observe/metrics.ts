/**
 * The counters of a worker as Prometheus metrics. They are read when GET /metrics is called; nothing here runs for other
 * requests. The values of several workers are added up: counters, histograms, and gauges that are parts of a whole.
 */
import { AggregatorRegistry, collectDefaultMetrics, Registry } from "prom-client";
import type { GrammarsFigures } from "../../grammar/grammars.ts";
import { SYSTEM_FINGERPRINT } from "../../sampling/fingerprint.ts";
import type { Counters, Distribution, Drafts } from "./counters.ts";
import { standardOutput } from "./log-output.ts";

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** the name, where it differs from the metric's: `…_bucket`, `…_sum`, `…_count` */
  readonly metricName?: string;
}

/** One metric, as prom-client keeps and adds it up. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly aggregator: "sum" | "first";
  readonly values: readonly Value[];
}

/** All metrics of one worker, in a form that can be sent to another. */
export type WorkerMetrics = readonly Metric[];

/** What the primary knows of the workers: counts of their starts, hangs and log lines. */
export interface WorkerCounts {
  readonly running: number;
  /** workers started because another had died */
  readonly replaced: number;
  /** workers that do not answer the primary at the moment */
  readonly silent: number;
  /** lines of the primary's log that were lost */
  readonly log_lines_lost: number;
}

/** The sources of a worker's metrics. */
export interface Observed {
  readonly counters: Counters;
  readonly admission: {
    readonly rows_out: number;
    readonly rows_max: number;
    readonly standby: boolean;
    readonly draining: boolean;
    readonly waited: { readonly granted: number; readonly refused: number };
    readonly gate: { readonly queued: number; readonly held_bytes: number };
    readonly limits: { readonly held_bytes_max: number };
  };
  /** streams that are open */
  readonly streams: { readonly size: number };
  readonly sampler: { readonly grammars: GrammarsFigures };
}

/** Answers the metrics of this worker. `version` is that of the service. */
export function createMetrics(observed: Observed, version: string): () => Promise<WorkerMetrics> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return async () => [
    // getMetricsAsJSON makes metrics as above.
    ...processMetrics((await registry.getMetricsAsJSON()) as unknown as WorkerMetrics, observed),
    ...requestMetrics(observed.counters),
    ...samplingMetrics(observed.counters),
    ...draftMetrics(observed.counters),
    ...stateMetrics(observed, version),
  ];
}

/** The text of a scrape: the sum over the workers. */
export function metricsText(workers: readonly WorkerMetrics[], counts: WorkerCounts): Promise<string> {
  const own = [
    gauge("workers", "Worker processes that run.", [[{}, counts.running]]),
    counter("worker_replacements_total", "Workers started because another had died.", [
      [{}, counts.replaced],
    ]),
    gauge("workers_silent", "Worker processes that do not answer the primary at the moment.", [
      [{}, counts.silent],
    ]),
    linesLost(counts.log_lines_lost),
  ];
  return AggregatorRegistry.aggregate([...workers, own]).metrics();
}

/**
 * prom-client's metrics of a process, without gauges that are named like counters. A worker that stands by reports memory
 * and CPU time like the others, but not its idle event loop, which would make the mean look better.
 */
function processMetrics(found: WorkerMetrics, { admission }: Observed): WorkerMetrics {
  return found.filter(
    ({ name, type }) =>
      (type === "counter" || !name.endsWith("_total")) && !(admission.standby && name.startsWith("nodejs_")),
  );
}

function requestMetrics({ routes, rejections, bytes, in_flight }: Counters): Metric[] {
  const used = routes.filter(({ by_status }) => by_status.size > 0);
  return [
    counter(
      "http_requests_total",
      "Requests answered, by HTTP status; 499 is a client that went away before its answer.",
      used.flatMap(({ method, route, by_status }) =>
        [...by_status].map(([status, count]) => [{ method, route, status }, count] as const),
      ),
    ),
    histogram(
      "http_request_duration_seconds",
      "From the head of a request to the last byte of its answer; a stream is one request.",
      used.map(({ method, route, seconds }) => [{ method, route }, seconds] as const),
    ),
    gauge("http_requests_in_flight", "Requests that have begun and are not over.", [[{}, in_flight]]),
    counter(
      "rejections_total",
      "Requests, rows of batches and messages of streams that were refused, by the code of the problem.",
      [...rejections].map(([code, count]) => [{ code }, count] as const),
    ),
    counter(
      "received_bytes_total",
      "Bytes of bodies and messages, by the form in which their logits came.",
      [...bytes].map(([form, count]) => [{ form }, count] as const),
    ),
  ];
}

/** Rates of acceptance are accepted tokens by drafted tokens. */
function draftMetrics({ drafts }: Counters): Metric[] {
  const of = (read: (each: Drafts) => number): Counted =>
    [...drafts].map(([method, each]) => [{ method }, read(each)] as const);
  return [
    counter(
      "drafts_total",
      "Drafts verified, by method.",
      of((each) => each.drafts),
    ),
    counter(
      "draft_tokens_total",
      "Tokens of verified drafts; of a tree all of its nodes.",
      of((each) => each.drafted),
    ),
    counter(
      "accepted_draft_tokens_total",
      "Drafted tokens that were accepted.",
      of((each) => each.accepted),
    ),
  ];
}

function samplingMetrics({ tokens, sampling_seconds, kept, entropy, stages }: Counters): Metric[] {
  return [
    counter(
      "tokens_total",
      "Tokens drawn.",
      [...tokens].map(([transport, count]) => [{ transport }, count] as const),
    ),
    histogram("sampling_duration_seconds", "Time from a complete row to its token.", [
      [{}, sampling_seconds],
    ]),
    histogram("kept_candidates", "Tokens that were left to draw from.", [[{}, kept]]),
    histogram(
      "entropy_nats",
      "Entropy of the distribution drawn from; only of steps with a trace, which computes it.",
      [[{}, entropy]],
    ),
    {
      ...described("stage_duration_seconds", "Time in each stage; only of steps with a timed trace."),
      type: "summary",
      values: [...stages].flatMap(([stage, { seconds, steps }]) => [
        { metricName: `${PREFIX}stage_duration_seconds_sum`, labels: { stage }, value: seconds },
        { metricName: `${PREFIX}stage_duration_seconds_count`, labels: { stage }, value: steps },
      ]),
    },
  ];
}

function stateMetrics({ admission, streams, sampler }: Observed, version: string): Metric[] {
  const build = { version, node: process.version, system_fingerprint: SYSTEM_FINGERPRINT };
  return [
    gauge("rows_leased", "Rows in use.", [[{}, admission.rows_out]]),
    gauge("rows_limit", "Rows that may be in use at once.", [
      [{}, admission.standby ? 0 : admission.rows_max],
    ]),
    gauge("requests_queued", "Requests that wait for a row.", [[{}, admission.gate.queued]]),
    counter("queue_total", "Requests that have waited for a row, by what came of it.", [
      [{ outcome: "granted" }, admission.waited.granted],
      [{ outcome: "refused" }, admission.waited.refused],
    ]),
    gauge("held_bytes", "Bytes that clients make the service hold besides rows.", [
      [{}, admission.gate.held_bytes],
    ]),
    gauge("held_bytes_limit", "Bytes that they may make it hold.", [
      [{}, admission.standby ? 0 : admission.limits.held_bytes_max],
    ]),
    gauge("streams_open", "Streams that are open.", [[{}, streams.size]]),
    gauge("grammars", "Grammars that are kept compiled.", [[{}, sampler.grammars.count]]),
    gauge("grammar_bytes", "Bytes that they and their masks take.", [[{}, sampler.grammars.bytes]]),
    counter("grammar_work_units_total", "Units of work that grammars have taken, some 50 ns each.", [
      [{}, sampler.grammars.work_units],
    ]),
    counter("grammar_jobs_total", "Compilations and walks of grammars that were begun.", [
      [{}, sampler.grammars.jobs],
    ]),
    gauge("workers_draining", "Workers that are about to end.", [[{}, admission.draining ? 1 : 0]]),
    linesLost(standardOutput.lost),
    { ...gauge("build_info", "What runs; always 1.", [[build, 1]]), aggregator: "first" },
  ];
}

/** Lines lost by one process: the primary reports its own beside those of the workers. */
function linesLost(lines: number): Metric {
  const help =
    "Lines of the log that could not be written, because of a full disk or a reader that was gone.";
  return counter("log_lines_lost_total", help, [[{}, lines]]);
}

const PREFIX = "logit_sampler_";

type Counted = readonly (readonly [labels: Value["labels"], value: number])[];

function counter(name: string, help: string, values: Counted): Metric {
  return { ...described(name, help), type: "counter", values: values.map(valueFrom) };
}

function gauge(name: string, help: string, values: Counted): Metric {
  return { ...described(name, help), type: "gauge", values: values.map(valueFrom) };
}

function histogram(
  name: string,
  help: string,
  distributions: readonly (readonly [labels: Value["labels"], Distribution])[],
): Metric {
  const values = distributions.flatMap(([labels, each]) => bucketsOf(PREFIX + name, labels, each));
  return { ...described(name, help), type: "histogram", values };
}

/** Prometheus' buckets count all values up to their bound, so each holds those before it. */
function bucketsOf(name: string, labels: Value["labels"], { bounds, counts, sum }: Distribution): Value[] {
  let count = 0;
  const values: Value[] = Array.from(counts, (own, index) => {
    count += own;
    const le = bounds[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
  });
  values.push({ metricName: `${name}_sum`, labels, value: sum });
  values.push({ metricName: `${name}_count`, labels, value: count });
  return values;
}

function described(name: string, help: string) {
  return { name: PREFIX + name, help, aggregator: "sum" } as const;
}

function valueFrom([labels, value]: Counted[number]): Value {
  return { labels, value };
}
