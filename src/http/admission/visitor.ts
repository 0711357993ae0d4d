/** A request in progress for the gate, with the speed of its client. */

/**
 * The phases of a visitor: its body arrives; it waits in the queue for rows; the server has everything; its client
 * reads the answer; it is a stream between two messages.
 */
export type Phase = "arriving" | "queued" | "computing" | "answering" | "idle";

/**
 * A request in progress. The gate writes its fields; the visitor itself counts the bytes that it has sent and received.
 */
export interface Visitor {
  /** its key, or its address where there are no keys: clients take turns */
  readonly client: string;
  phase: Phase;
  /** bytes of its body received so far */
  received_bytes: number;
  /** when its body began to be expected, and when it first held something. Both by the gate's clock. */
  expected_ms: number;
  held_since_ms: number;
  held_bytes: number;
  /** rows that it holds */
  rows: number;
  /** number of rows for which it waits in the queue, and the time since when */
  wanted_rows: number;
  queued_since_ms: number;
  /** the time since when it waits for its turn; undefined while it does not wait */
  waiting_since_ms: number | undefined;
  /** true while it prepares a step; milliseconds spent on that; true when it must stop preparing */
  is_preparing: boolean;
  prepared_ms: number;
  is_refused: boolean;
  /** bytes of its answer that its client has read; and the last count, and the time at which it last grew */
  sentBytes(): number;
  sent_bytes: number;
  sent_ms: number;
  /** True while it waits for its client: false once the whole body has arrived, or while the server does not read. */
  awaitsClient(): boolean;
}

/** A body counts as slow only after this many milliseconds: time enough for its first packet. */
export const RATE_MS_MIN = 20;
/** The same for an answer: its reader may be busy at first. */
export const ANSWER_MS_MIN = 1000;
/** An idle stream may be evicted after this many milliseconds. */
export const IDLE_MS_MIN = 10_000;

const MS_PER_S = 1000;

/** Milliseconds before a client counts as slow. A client that waits for the server never does. */
export function patienceWith(visitor: Visitor): number {
  const { phase, waiting_since_ms } = visitor;
  if (phase === "answering") return ANSWER_MS_MIN;
  if (phase === "idle") return IDLE_MS_MIN;
  const comes = phase === "arriving" && waiting_since_ms === undefined && visitor.awaitsClient();
  return comes ? RATE_MS_MIN : Number.POSITIVE_INFINITY;
}

/** Bytes a second since it first held something. */
export function rate(visitor: Visitor, clock_ms: number): number {
  const bytes = visitor.phase === "answering" ? visitor.sentBytes() : visitor.received_bytes;
  return ((visitor.phase === "idle" ? 0 : bytes) * MS_PER_S) / (clock_ms - visitor.held_since_ms);
}
