/**
 * A span for each request, sent as OpenTelemetry Protocol over HTTP in JSON (OTLP 1.x, "OTLP/HTTP, JSON Protobuf
 * encoding") to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names. Loaded only when it is named. OpenTelemetry's
 * own packages would add 33 MiB, and their exporter no longer runs on Node 20, for the one message written here.
 */
import type { FastifyBaseLogger } from "fastify";
import type { TracingConfig } from "../../config/config.ts";
import { messageOf } from "../../errors.ts";
import type { RequestRecord } from "./request-record.ts";
import type { TraceContext } from "./trace-context.ts";

export interface Tracing {
  /** Whether a request is recorded: by its client's decision, or by the ratio. */
  wants(trace: TraceContext | undefined): boolean;
  /** A request with a span is over. */
  record(record: RequestRecord, status: number, total_ms: number): void;
  /** Sends the spans that wait. */
  close(): Promise<void>;
}

/** Spans that may wait to be sent; those beyond are dropped. */
const WAITING_MAX = 4096;
const BATCH = 512;
const FLUSH_MS = 2000;
const SEND_MS_MAX = 5000;
/** Span kind "server" and status "error" (opentelemetry-proto, trace.proto). */
const SERVER = 2;
const ERROR = 2;

export function createTracing(config: TracingConfig, version: string, log?: FastifyBaseLogger): Tracing {
  const waiting: object[] = [];
  let sending: Promise<void> = Promise.resolve();
  let dropped = 0;
  let failing = false;
  const sendAll = async () => {
    while (waiting.length > 0) {
      const sent = await send(config, version, waiting.splice(0, BATCH));
      // One line when sending begins to fail, not one for each failure.
      if (sent !== undefined && !failing) log?.warn({ reason: sent, dropped }, "spans cannot be sent");
      failing = sent !== undefined;
    }
  };
  const flush = () => {
    sending = sending.then(sendAll);
  };
  const timer = setInterval(flush, FLUSH_MS).unref();
  return {
    wants: (trace) => (trace === undefined ? Math.random() < config.ratio : trace.sampled),
    record(record, status, total_ms) {
      if (waiting.length >= WAITING_MAX) dropped += 1;
      else waiting.push(spanOf(record, status, total_ms));
      if (waiting.length === BATCH) flush();
    },
    async close() {
      clearInterval(timer);
      flush();
      await sending;
    },
  };
}

/** Sends spans. Returns the reason of a failure. Failed spans are dropped, so that they take no memory. */
async function send(
  { url, headers, service_name, attributes }: TracingConfig,
  version: string,
  spans: readonly object[],
): Promise<string | undefined> {
  const resource = { ...attributes, "service.name": service_name, "service.version": version };
  const scopeSpans = [{ scope: { name: "logit-sampler", version }, spans }];
  const body = { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }] };
  try {
    const reply = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(SEND_MS_MAX),
    });
    await reply.arrayBuffer();
    return reply.ok ? undefined : `the collector answered ${reply.status}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Names follow OpenTelemetry's semantic conventions for HTTP servers; other attributes have names of this service. */
function spanOf(
  { span, trace, route, url, problem, vocab_size, id, began_ms }: RequestRecord,
  status: number,
  total_ms: number,
): object {
  const attributes = {
    "http.request.method": route.method,
    "http.route": route.route,
    "url.path": url.split("?", 1)[0] ?? "",
    "http.response.status_code": status,
    "logit_sampler.request_id": id,
    ...(vocab_size > 0 && { "logit_sampler.vocab_size": vocab_size }),
    ...(problem !== undefined && { "error.type": problem.code }),
  };
  return {
    traceId: span?.trace_id,
    spanId: span?.span_id,
    ...(trace !== undefined && { parentSpanId: trace.parent_id }),
    name: `${route.method} ${route.route}`,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(performance.timeOrigin + began_ms),
    endTimeUnixNano: nanoseconds(performance.timeOrigin + began_ms + total_ms),
    attributes: attributesOf(attributes),
    // A server's span is an error only if the server failed, not if its client did.
    status: status >= 500 ? { code: ERROR } : {},
  };
}

function attributesOf(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    // 64-bit integers are strings in Protobuf's JSON.
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}

/** Milliseconds since 1970 as nanoseconds, in text: a number cannot hold them exactly. */
function nanoseconds(ms: number): string {
  const whole_ms = Math.floor(ms);
  return String(BigInt(whole_ms) * 1_000_000n + BigInt(Math.round((ms - whole_ms) * 1e6)));
}
