/** Stages that give every token another score. */
import fc from "fast-check";
import { stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { entropyOf, largest, number, prefix, type Rule, ranked } from "../tokens.ts";

const temperature: Rule = (tokens, options, world) => {
  const t = number(options, "temperature");
  const floor = Number(options["temperature_floor"] ?? 0);
  if (t === 0 || t < Number(options["temperature_greedy_below"] ?? 0))
    return prefix(ranked(tokens), 1, false, world);
  return tokens.map(({ id, score }) => ({ id, score: score / Math.max(t, floor) }));
};

const dynatemp: Rule = (tokens, options, world) => {
  const middle = number(options, "temperature");
  const range = number(options, "dynatemp_range");
  const low = Math.max(0, middle - range);
  const high = middle + range;
  // llama.cpp counts the tokens of its list, including those with a probability of 0.
  const n = options["dynatemp_tokens"] === "listed" ? world.vocab_size : tokens.length;
  if (n === 1) return tokens;
  const share = entropyOf(tokens) / Math.log(n);
  const chosen = low + (high - low) * Math.min(1, share) ** number(options, "dynatemp_exponent");
  return temperature(tokens, { temperature: chosen }, world);
};

const smoothing: Rule = (tokens, options) => {
  const factor = number(options, "smoothing_factor");
  const curve = number(options, "smoothing_curve");
  const max = largest(tokens);
  const k = (3 - curve) / 2;
  const c = (curve - 1) / 2;
  return tokens.map(({ id, score }) => {
    const d = score - max;
    return { id, score: max - k * factor * d ** 2 + c * factor * d ** 3 };
  });
};

const calibration: Rule = (tokens, options, world) =>
  temperature(tokens, options["calibration"] as Readonly<Record<string, unknown>>, world); // the schema says so

/** The rules with random options, in the ranges in which people use them and somewhat beyond. */
export const stages: Reference = {
  calibration: {
    rule: calibration,
    options: {
      calibration: fc.record({ method: fc.constant("temperature_scaling"), temperature: stepsOf(0.5, 3) }),
    },
  },
  temperature: {
    rule: temperature,
    options: {
      temperature: stepsOf(0.5, 2),
      temperature_floor: fc.constantFrom(0, 0, 0.6, 1),
      temperature_greedy_below: fc.constantFrom(0, 0, 0.7),
    },
  },
  dynatemp: {
    rule: dynatemp,
    options: {
      temperature: stepsOf(0.8, 1.5),
      dynatemp_range: stepsOf(0, 0.4),
      dynatemp_exponent: stepsOf(0, 2),
    },
    alone: { dynatemp_tokens: fc.constantFrom("kept", "listed") },
  },
  smoothing: {
    rule: smoothing,
    options: { smoothing_factor: stepsOf(0.05, 0.4), smoothing_curve: stepsOf(1, 3) },
    alone: { smoothing_curve: stepsOf(1, 5) },
  },
};
