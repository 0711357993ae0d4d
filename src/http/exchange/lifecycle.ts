/**
 * What every request passes on its way in and out, whichever code answers it: an id, the trace it belongs to, the
 * headers every answer carries, whether it may come in at all; and at the end the count, the log line and the span.
 * Two plain calls a request: the hot routes make them themselves, Fastify's hooks make them for the rest.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Config } from "../../config/config.ts";
import { type Access, createAccess, type Verdict } from "../access/access.ts";
import { allowsOrigin, EXPOSED_HEADERS } from "../access/origins.ts";
import type { Counters, RouteCounters } from "../observe/counters.ts";
import { RequestLog } from "../observe/request-log.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import type { Tracing } from "../observe/telemetry.ts";
import {
  newSpanId,
  newTraceId,
  readTraceparent,
  type TraceContext,
  writeTraceparent,
} from "../observe/trace-context.ts";

export interface Lifecycle {
  /** The counters of a route, which also say whether keys and rates hold for it. Once a route, at the start. */
  route(method: string, url: string): RouteCounters;
  /** The client's own X-Request-Id when it is fit to be logged, or one of ours. */
  idOf(raw: IncomingMessage): string;
  /** A request begins. Never throws. */
  enter(raw: IncomingMessage, route: RouteCounters, id?: string): RequestRecord;
  /** It is over: answered with this status, or 499 when its client went away. Once a request. */
  leave(record: RequestRecord, status: number): void;
}

export interface LifecycleParts {
  readonly config: Config;
  readonly counters: Counters;
  /** whether the process is about to end: connections are not kept then */
  readonly admission: { readonly draining: boolean };
  readonly log?: FastifyBaseLogger | undefined;
  readonly tracing?: Tracing | undefined;
}

/** The client closed its connection before the answer: nginx's number, as HTTP has none. */
export const CLIENT_GONE = 499;

export function createLifecycle({ config, counters, admission, log, tracing }: LifecycleParts): Lifecycle {
  const access = createAccess(config);
  const idOf = requestIds();
  const lines = log === undefined ? undefined : new RequestLog(log);
  const { cors_origins } = config;
  return {
    route: (method, url) => counters.route(method, url, isGuarded(url, config)),
    idOf,
    enter(raw, route, id = idOf(raw)) {
      counters.in_flight += 1;
      const began_ms = performance.now();
      const { headers: sent, method = "GET", url = "/" } = raw;
      const trace = sent.traceparent === undefined ? undefined : readTraceparent(sent.traceparent);
      const span = tracing?.wants(trace)
        ? { trace_id: trace?.trace_id ?? newTraceId(), span_id: newSpanId() }
        : undefined;
      const headers = ["x-request-id", id, "x-content-type-options", "nosniff"];
      if (admission.draining) headers.push("connection", "close");
      if (trace !== undefined || span !== undefined)
        headers.push("traceresponse", traceresponse(trace, span));
      if (sent.origin !== undefined && cors_origins.length > 0) addCors(headers, cors_origins, sent.origin);
      const {
        client = access.addressOf(raw),
        problem: refusal,
        grant,
      } = route.guarded ? admittedBy(access, raw, headers, began_ms) : OPEN;
      return {
        id,
        method,
        url,
        route,
        client,
        refusal,
        grant,
        headers,
        trace,
        span,
        began_ms,
        problem: undefined,
        defect: undefined,
        vocab_size: 0,
      };
    },
    leave(record, status) {
      counters.in_flight -= 1;
      const total_ms = performance.now() - record.began_ms;
      record.route.answered(status, total_ms / 1000);
      if (record.problem !== undefined) counters.rejected(record.problem.code);
      lines?.write(record, status, total_ms);
      if (record.span !== undefined) tracing?.record(record, status, total_ms);
    },
  };
}

/** What samples, reads logits or tells of samplers needs a key; pages and health do not, metrics when so configured. */
function isGuarded(url: string, { metrics }: Config): boolean {
  if (url === "/metrics") return metrics === "keyed";
  return /^\/v[12](\/|$)/.test(url) && !url.startsWith("/v2/health/");
}

const OPEN: Verdict = {};

/** Whose request it is, what the owner of its key may do, and why it may not come in; the headers of a refusal are added here. */
function admittedBy(access: Access, raw: IncomingMessage, headers: string[], now_ms: number): Verdict {
  const foreign = raw.headers.upgrade === undefined ? undefined : access.checkUpgrade(raw);
  if (foreign !== undefined) return { problem: foreign };
  if (!access.needed) return OPEN;
  const verdict = access.check(raw, now_ms);
  const { retry_after_s, challenge } = verdict;
  if (retry_after_s !== undefined) headers.push("retry-after", String(retry_after_s));
  if (challenge !== undefined) headers.push("www-authenticate", challenge);
  return verdict;
}

function addCors(headers: string[], origins: readonly string[], origin: string): void {
  headers.push("vary", "origin");
  if (!allowsOrigin(origins, origin)) return;
  headers.push("access-control-allow-origin", origin, "access-control-expose-headers", EXPOSED_HEADERS);
}

/** The trace this answer belongs to, by the form of traceparent (W3C Trace Context, level 2, 4.1). */
function traceresponse(trace: TraceContext | undefined, span: RequestRecord["span"]): string {
  if (span !== undefined) return writeTraceparent(span.trace_id, span.span_id, true);
  return trace === undefined ? "" : writeTraceparent(trace.trace_id, trace.parent_id, trace.sampled);
}

/** Ids of ours are the process's random name and a count. */
function requestIds(): (raw: IncomingMessage) => string {
  const name = randomBytes(4).toString("hex");
  let count = 0;
  return ({ headers }) => {
    const given = headers["x-request-id"];
    if (typeof given === "string" && /^[\x21-\x7e]{1,128}$/.test(given)) return given;
    count += 1;
    return `${name}-${count.toString(36)}`;
  };
}
