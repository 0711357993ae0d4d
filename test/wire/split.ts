/** Sends a text through the envelope for tests: returns the remaining text and the extracted parts. */
import { Problem } from "../../src/errors.ts";
import { GrowingBuffer } from "../../src/wire/growing-buffer.ts";
import { JsonEnvelope } from "../../src/wire/json/envelope.ts";
import type { Places } from "../../src/wire/json/nesting.ts";
import { pieces } from "./opened.ts";

const LIMITS = {
  json_text_bytes_max: 100_000,
  vocab_size_max: 1000,
  batch_rows_max: 16,
  options: { bias_entries_max: 70_000, sources_max: 8 },
};

/** The remaining text, and the extracted parts by row and place. */
export function split(text: string | Uint8Array, places: Places = "step", size = 0) {
  const taken: Record<string, number[] | string> = {};
  const faults: Record<number, Problem> = {};
  const kept: [string, GrowingBuffer][] = [];
  const park = (name: string) => {
    const bytes = new GrowingBuffer(4000);
    kept.push([name, bytes]);
    return bytes;
  };
  const envelope = new JsonEnvelope(places, LIMITS, {
    numbers: (row, array) => park(`${row} ${array}`),
    ids(row, token_ids) {
      taken[`${row} ids`] = Array.from(token_ids);
    },
    packed: (row) => park(`${row} packed`),
    fault(row, problem) {
      faults[row] = problem;
    },
  });
  for (const piece of pieces(typeof text === "string" ? Buffer.from(text) : text, size))
    envelope.write(piece);
  const rest = envelope.end();
  for (const [name, bytes] of kept)
    taken[name] = name.endsWith("packed")
      ? Buffer.from(bytes.bytes).toString("hex")
      : Array.from(bytes.floats());
  return { rest, taken, faults };
}

export function codeOf(
  text: string | Uint8Array,
  places: Places = "step",
  size = 0,
): readonly [string, string] {
  try {
    split(text, places, size);
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.pointer];
    throw error;
  }
  throw new Error("the text was taken");
}
