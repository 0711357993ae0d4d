/** The row of a step that stands in shared memory: `"logits": {"shared_memory": {region, offset, dtype, shape}}`. */
import { Problem } from "../errors.ts";
import type { Dtype, Row } from "../kernels/kernel.ts";
import { isRecord, parseWith } from "../sampling/options/parse.ts";
import { SHARED_ROW } from "../schemas/row.ts";
import type { SharedMemory } from "./shared-memory.ts";
import type { WireContext } from "./step-reader.ts";
import { requireVocabSize } from "./tensor/head.ts";

export function isSharedForm(logits: unknown): boolean {
  return isRecord(logits) && "shared_memory" in logits;
}

/** Where a row lies in shared memory. */
export interface SharedPlace {
  readonly region: string;
  readonly offset: number;
  readonly dtype: Dtype;
  readonly vocab_size: number;
}

/** What the object says that stands at `logits`. */
export function sharedPlace(logits: unknown): SharedPlace {
  const { shared_memory } = parseWith(SHARED_ROW, logits, "/logits");
  const { region, offset, dtype, shape } = shared_memory;
  if (shape.length > 2 || (shape.length === 2 && shape[0] !== 1))
    throw new Problem(
      "invalid_option",
      `the shape of one step must be [vocab_size] or [1, vocab_size], got [${shape.join(", ")}]`,
      `${POINTER}/shape`,
    );
  return { region, offset, dtype, vocab_size: shape.at(-1) ?? 0 };
}

/** Reads the row into the leased one. */
export function sharedRow(place: SharedPlace, context: WireContext): Row {
  const { dtype, vocab_size } = place;
  requireVocabSize(vocab_size, context.limits, `${POINTER}/shape`);
  const memory = requireSharedMemory(context.shared_memory, POINTER);
  const row = context.lease();
  memory.readRow(row, dtype, vocab_size, place, POINTER);
  return row;
}

const POINTER = "/logits/shared_memory";

/** The shared memory of the service, or the Problem that it has none. */
export function requireSharedMemory(memory: SharedMemory | undefined, pointer: string): SharedMemory {
  if (memory !== undefined) return memory;
  throw new Problem("invalid_option", SHARED_MEMORY_IS_OFF, pointer);
}

export const SHARED_MEMORY_IS_OFF =
  "shared memory is off here: it is for services started with SHARED_MEMORY=on";
