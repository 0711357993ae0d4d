/**
 * What happens to every request at its start and at its end, whichever code answers it. At the start: its id, its trace,
 * the headers of every answer, and the access check. At the end: the counters, the log line and the span. These are two
 * plain calls: the hot routes make them themselves, and Fastify's hooks make them for the rest.
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
  /** The counters of a route, and whether keys and rates apply to it. Called once for each route, at the start. */
  route(method: string, url: string): RouteCounters;
  /** The client's own X-Request-Id when it is fit to be logged, or one of ours. */
  idOf(raw: IncomingMessage): string;
  /** A request begins. Never throws. */
  enter(raw: IncomingMessage, route: RouteCounters, id?: string): RequestRecord;
  /** A request is over: answered with this status, or 499 if its client went away. Called once a request. */
  leave(record: RequestRecord, status: number): void;
}

export interface LifecycleParts {
  readonly config: Config;
  readonly counters: Counters;
  /** whether the process is about to end: connections are not kept alive then */
  readonly admission: { readonly draining: boolean };
  readonly log?: FastifyBaseLogger | undefined;
  readonly tracing?: Tracing | undefined;
}

/** The client closed its connection before the answer. HTTP has no status for that; this is nginx's. */
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

/** Routes that sample, read logits or describe samplers need a key. Pages and health do not; metrics do if so configured. */
function isGuarded(url: string, { metrics }: Config): boolean {
  if (url === "/metrics") return metrics === "keyed";
  return /^\/v[12](\/|$)/.test(url) && !url.startsWith("/v2/health/");
}

const OPEN: Verdict = {};

/** Finds the client of a request, the grant of its key, and the Problem if it is refused. Adds the headers of a refusal. */
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

/** The header that names the trace of this answer, in the form of traceparent (W3C Trace Context, level 2, 4.1). */
function traceresponse(trace: TraceContext | undefined, span: RequestRecord["span"]): string {
  if (span !== undefined) return writeTraceparent(span.trace_id, span.span_id, true);
  return trace === undefined ? "" : writeTraceparent(trace.trace_id, trace.parent_id, trace.sampled);
}

/** An id that the service makes: the random name of the process and a count. */
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
