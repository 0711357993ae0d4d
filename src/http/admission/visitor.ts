/** A request under way, as the gate sees it, and how slow its client is. */

/**
 * What a visitor does: its body comes; it stands in the queue for rows; the server has what it needs of it; its client
 * takes the answer; it is a stream between two messages.
 */
export type Phase = "arriving" | "queued" | "computing" | "answering" | "idle";

/** A request under way. Its fields are the gate's, but for the bytes that moved, which the visitor counts. */
export interface Visitor {
  /** its key, or its address where there are no keys: clients take turns */
  readonly client: string;
  phase: Phase;
  /** bytes of its body that have come */
  received_bytes: number;
  /** from when its body is timed: it was to come; it was first given something to hold. Both by the gate's clock. */
  expected_ms: number;
  held_since_ms: number;
  held_bytes: number;
  /** rows that it has */
  rows: number;
  /** rows that it stands in the queue for, and since when */
  wanted_rows: number;
  queued_since_ms: number;
  /** since when it waits for its turn; undefined when it does not */
  waiting_since_ms: number | undefined;
  /** it prepares a step, while others take theirs; for so many milliseconds so far; and it may not go on with that */
  is_preparing: boolean;
  prepared_ms: number;
  is_refused: boolean;
  /** bytes of its answer that its client has taken, and how many there were, and when, as it was last seen to take some */
  sentBytes(): number;
  sent_bytes: number;
  sent_ms: number;
  /** Whether its client is what it waits for: not, when all has come, or when the server does not read. */
  awaitsClient(): boolean;
}

/** A body is called slow only after this many milliseconds, in which a first packet is there from anywhere near. */
export const RATE_MS_MIN = 20;
/** An answer is: its reader may do something else before. */
export const ANSWER_MS_MIN = 1000;
/** A stream without a message gives way after this many milliseconds, when what it keeps is wanted. */
export const IDLE_MS_MIN = 10_000;

const MS_PER_S = 1000;

/** Milliseconds that a client is given before it is called slow; one that waits for the server never is. */
export function patienceWith(visitor: Visitor): number {
  const { phase, waiting_since_ms } = visitor;
  if (phase === "answering") return ANSWER_MS_MIN;
  if (phase === "idle") return IDLE_MS_MIN;
  const comes = phase === "arriving" && waiting_since_ms === undefined && visitor.awaitsClient();
  return comes ? RATE_MS_MIN : Number.POSITIVE_INFINITY;
}

/** Bytes a second since it has held something. */
export function rate(visitor: Visitor, clock_ms: number): number {
  const bytes = visitor.phase === "answering" ? visitor.sentBytes() : visitor.received_bytes;
  return ((visitor.phase === "idle" ? 0 : bytes) * MS_PER_S) / (clock_ms - visitor.held_since_ms);
}
