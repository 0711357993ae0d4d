/** Random steps: rows of several kinds, with ties and masked tokens, and the options that a host has. */
import { type Seeded, seeded } from "../../evidence/seeded.ts";
import type { Case, Host } from "./host.ts";

export function caseOf(host: Host, seed: number, id: number): Case {
  const random = seeded(seed, id);
  const vocab_size = Math.min(sizeOf(random), host.vocab_size_max ?? Number.POSITIVE_INFINITY);
  const logits = rowOf(random, vocab_size);
  const length = Math.max(host.history_min ?? 0, random.oneIn(3) ? 0 : random.below(40));
  const words = 1 + random.below(Math.min(vocab_size, 12));
  const history = Array.from({ length }, () => random.below(words));
  const prompt_length = length === 0 ? 0 : random.below(length + 1);
  const options: Record<string, unknown> = {};
  for (const [name, make] of Object.entries(host.options))
    if (random.unit() < (host.density ?? 0.35)) options[name] = make(random, vocab_size);
  return { id, logits, options: withStops(options, random), history, prompt_length };
}

/** Options about the tokens that end a text need these tokens; the tokens alone have no effect. */
function withStops({ stop_token_ids: stops, ...options }: Record<string, unknown>, random: Seeded) {
  const need = "min_tokens" in options || "exponential_decay_length_penalty" in options;
  return need ? { ...options, stop_token_ids: stops ?? [random.below(3)] } : options;
}

function sizeOf(random: Seeded): number {
  if (random.oneIn(25)) return 1000 + random.below(3000);
  if (random.oneIn(5)) return 257 + random.below(400);
  return 3 + random.below(60);
}

const KINDS = ["spread", "spread", "spread", "tied", "tied", "masked", "peaked", "flat", "two"] as const;

/** Numbers with three decimals: the row is short in a file, and both sides read the same float32 values. */
function rowOf(random: Seeded, vocab_size: number): number[] {
  const kind = random.pick(KINDS);
  const width = random.pick([0.5, 2, 4, 9]);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const rounded = (x: number) => Math.round(x * 1000) / 1000;
  const level = rounded(normal());
  const one = () => {
    if (kind === "flat") return level;
    if (kind === "two") return rounded(level + random.below(2));
    if (kind === "tied") return Math.round(normal() * width * 2) / 2;
    return rounded(normal() * width);
  };
  const row = Array.from({ length: vocab_size }, one);
  if (kind === "peaked") row[random.below(vocab_size)] = 12 + random.below(30);
  if (kind !== "masked") return row;
  const masked = row.map((x) => (random.oneIn(5) ? Number.NEGATIVE_INFINITY : x));
  masked[random.below(vocab_size)] = 1;
  return masked;
}
