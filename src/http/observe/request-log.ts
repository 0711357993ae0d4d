/**
 * The log lines of requests: one for each refused request, and one for every request at LOG_LEVEL=debug. An overloaded
 * service refuses thousands of requests, and a line would cost more than the refusal: it then logs one a second.
 */
import type { FastifyBaseLogger } from "fastify";
import type { Problem, ProblemCode } from "../../errors.ts";
import { shownPath } from "./log.ts";
import type { RequestRecord } from "./request-record.ts";

/** Codes whose refusals are all alike, so that one line stands for many. */
const ALIKE: ReadonlySet<ProblemCode> = new Set(["overloaded", "rate_limited", "shutting_down"]);
const SECOND_MS = 1000;

export class RequestLog {
  readonly #log: FastifyBaseLogger;
  readonly #floods = new Map<ProblemCode, Flood>();

  constructor(log: FastifyBaseLogger) {
    this.#log = log;
  }

  /** The level: info for a client's error, error for a defect of the service, debug for a success. */
  write(record: RequestRecord, status: number, total_ms: number): void {
    const { problem, defect } = record;
    const debugs = isDebug(this.#log);
    if (problem === undefined) {
      if (debugs) this.#log.debug(lineOf(record, status, total_ms), "answered");
      return;
    }
    const more = debugs ? 0 : this.#unsaid(problem.code, record.began_ms + total_ms);
    if (more === undefined) return;
    const line = {
      ...lineOf(record, status, total_ms),
      ...causeOf(problem, this.#log),
      ...(more > 0 && { more }),
    };
    if (problem.code === "internal_error") this.#log.error({ ...line, err: defect }, "the server failed");
    else this.#log.info(line, "refused");
  }

  /** The number of like refusals without a line since the last line; undefined when this one gets no line either. */
  #unsaid(code: ProblemCode, now_ms: number): number | undefined {
    if (!ALIKE.has(code)) return 0;
    const flood = this.#floods.get(code);
    if (flood !== undefined && now_ms - flood.said_ms < SECOND_MS) {
      flood.unsaid += 1;
      return undefined;
    }
    this.#floods.set(code, { said_ms: now_ms, unsaid: 0 });
    return flood?.unsaid ?? 0;
  }
}

interface Flood {
  readonly said_ms: number;
  unsaid: number;
}

/** The reason of a refusal. The sentence quotes what the client sent, so it is logged at debug only. */
export function causeOf({ code, message, pointer }: Problem, log: FastifyBaseLogger) {
  return { code, pointer, ...(isDebug(log) && { detail: message }) };
}

function isDebug({ level }: FastifyBaseLogger): boolean {
  return level === "debug" || level === "trace";
}

function lineOf({ id, method, url, trace, span }: RequestRecord, status: number, total_ms: number) {
  const trace_id = span?.trace_id ?? trace?.trace_id;
  return {
    request_id: id,
    ...(trace_id !== undefined && { trace_id }),
    ...(span !== undefined && { span_id: span.span_id }),
    method,
    path: shownPath(url),
    status,
    total_ms: Math.round(total_ms * 1000) / 1000,
  };
}
