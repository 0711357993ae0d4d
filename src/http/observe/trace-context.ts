/** W3C Trace Context, level 1: the header that names the trace a request belongs to. */
import { randomBytes } from "node:crypto";

export interface TraceContext {
  /** 32 hexadecimal digits */
  readonly trace_id: string;
  /** 16 hexadecimal digits: the caller's span */
  readonly parent_id: string;
  /** whether the caller records the trace */
  readonly sampled: boolean;
}

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The context in a traceparent header; undefined for a missing or invalid header. */
export function readTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== "string") return undefined;
  const [, version, trace_id, parent_id, flags, rest] = HEADER.exec(header) ?? [];
  if (version === undefined || trace_id === undefined || parent_id === undefined || flags === undefined)
    return undefined;
  // Version 00 ends with the flags. Later versions may go on. Version ff is invalid.
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(trace_id) || /^0+$/.test(parent_id)) return undefined;
  return { trace_id, parent_id, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function writeTraceparent(trace_id: string, span_id: string, sampled: boolean): string {
  return `00-${trace_id}-${span_id}-${sampled ? "01" : "00"}`;
}

export function newTraceId(): string {
  return randomBytes(16).toString("hex");
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}
