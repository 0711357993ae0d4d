/**
 * Seeded randomness. Each uniform comes from a new generator that is keyed by seed, step, purpose and draw. No
 * hidden state is carried from step to step: step 900 needs no replay of the 899 before it, and steps may arrive
 * in any order.
 *
 * The generator is seedrandom's tychei (Neves & Araújo, "Fast and Small Nonlinear Pseudorandom Number Generators
 * for Computer Simulation", 2011). With such keys, alea, xor128 and others are strongly correlated between
 * steps; tychei shows no correlation and is the fastest (docs/decisions/randomness.md).
 */
import { tychei } from "./tychei.ts";

/** The purpose of a uniform. It is part of the key, so that two uses in one step never share randomness. */
export type Purpose = "token" | "xtc" | "gumbel" | "watermark" | "accept" | "residual" | "beam" | "resample";

/** A uniform in (0, 1) with 53 random bits. */
export function uniform(purpose: Purpose, seed: string, step: number, draw: number): number {
  return tychei(`v1:${purpose}:${seed}:${step}:${draw}`).double();
}

/** Seeds are integers of 64 bits, signed or unsigned; they travel as decimal strings. */
const SEED_MIN = -(2n ** 63n);
const SEED_MAX = 2n ** 64n - 1n;

/** The canonical decimal text of a seed; undefined when the value is no 64-bit integer. */
export function canonicalSeed(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value + 0) : undefined;
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) return undefined;
  const seed = BigInt(value);
  return seed >= SEED_MIN && seed <= SEED_MAX ? String(seed) : undefined;
}

/** A seed for a step without one: 64 bits from the platform's generator. */
export function drawSeed(): string {
  return String(crypto.getRandomValues(new BigUint64Array(1))[0]);
}
