/** Checked options as a line of the suite writes them. */
import type { ParsedEntry } from "../../src/sampling/chain.ts";

/** A checked entry in the notation of the suite, without values that are the default. */
export function written({ stage, options }: ParsedEntry): Readonly<Record<string, unknown>> {
  const given = Object.entries(options).filter(([name]) => name !== "stage");
  const plain = JSON.parse(
    JSON.stringify(Object.fromEntries(given.map(([name, value]) => [name, plainOf(value)]))),
  ) as Record<string, unknown>; // plain data
  const needed = Object.entries(plain).filter(([name, value]) => {
    const field = stage.options.shape[name];
    const standard = field?.safeParse(undefined);
    return standard?.success !== true || JSON.stringify(standard.data) !== JSON.stringify(value);
  });
  return { stage: stage.name, ...Object.fromEntries(needed) };
}

/** A bias in the notation of requests; everything else keeps its checked form. */
function plainOf(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  if (typeof value !== "object" || value === null || !("biases" in value)) return value;
  const { token_ids, biases } = value as { token_ids: Int32Array; biases: Float64Array }; // as its schema makes it
  return Object.fromEntries(
    [...token_ids].map((id, i) => [String(id), Number.isFinite(biases[i]) ? biases[i] : "-inf"]),
  );
}
