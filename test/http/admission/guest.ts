/** A visitor of a gate that consists only of its fields. */
import type { Visitor } from "../../../src/http/admission/visitor.ts";

export interface Guest extends Visitor {
  readonly name: number;
  readonly client: string;
  /** bytes of its answer that its client has read */
  taken_bytes: number;
  /** true while the server reads its body */
  read: boolean;
}

export function guest(name = 0, client = ""): Guest {
  return {
    name,
    client,
    taken_bytes: 0,
    read: true,
    phase: "computing",
    received_bytes: 0,
    expected_ms: 0,
    held_since_ms: Number.POSITIVE_INFINITY,
    held_bytes: 0,
    rows: 0,
    wanted_rows: 0,
    queued_since_ms: 0,
    waiting_since_ms: undefined,
    is_preparing: false,
    prepared_ms: 0,
    is_refused: false,
    sent_bytes: 0,
    sent_ms: 0,
    sentBytes() {
      return this.taken_bytes;
    },
    awaitsClient() {
      return this.read;
    },
  };
}
