/**
 * What the log says of requests: one line for each that was refused, and for each at all at LOG_LEVEL=debug. Where too
 * many come they are refused by the thousand, and a line for each would cost more than refusing it: one a second then.
 */
import type { FastifyBaseLogger } from "fastify";
import type { Problem, ProblemCode } from "../../errors.ts";
import { shownPath } from "./log.ts";
import type { RequestRecord } from "./request-record.ts";

/** Codes whose refusals say nothing that the one before has not said. */
const ALIKE: ReadonlySet<ProblemCode> = new Set(["overloaded", "rate_limited", "shutting_down"]);
const SECOND_MS = 1000;

export class RequestLog {
  readonly #log: FastifyBaseLogger;
  readonly #floods = new Map<ProblemCode, Flood>();

  constructor(log: FastifyBaseLogger) {
    this.#log = log;
  }

  /** A client's fault is information, ours is an error; a request that went well is worth a line only to who debugs. */
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

  /** How many refusals like this one had no line since the last that had; undefined: this one has none either. */
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

/** Why something was refused. The sentence quotes what was sent, so it is only for who debugs. */
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
