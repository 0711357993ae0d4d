/**
 * Sequential Monte Carlo over texts of a grammar: N texts grow by a token a step, each drawn from what the grammar allows.
 *
 * A mask alone changes the model's distribution: it renormalises at every token, so that a text that begins well and has
 * an unlikely end comes too often. The weight of a text corrects that: it grows by `grammar_logmass`, ln of the mass that
 * the grammar left of the row. When few texts hold most of the weight, `resample` lets the others go. The weighted texts
 * then have the model's distribution, given the grammar.
 */
import type { StepRequestOptions } from "../../src/client/index.ts";
import { resample, type Sampler } from "../../src/index.ts";

export interface Particle {
  /** after the prompt */
  readonly token_ids: readonly number[];
  readonly is_complete: boolean;
}

export interface Particles {
  readonly particles: readonly Particle[];
  /** ln of the weight of each; null for a weight of 0 */
  readonly log_weights: readonly (number | null)[];
  /** ln of the estimated probability that the model writes a text of the grammar */
  readonly log_evidence: number;
  /** number of steps after which some texts were let go */
  readonly resamplings: number;
}

export interface ParticleOptions {
  readonly count: number;
  readonly tokens_max: number;
  /** Texts are let go when the effective number is below this part of `count`. */
  readonly threshold: number;
  readonly seed: number;
  readonly prompt: readonly number[];
  /** the grammar, and the vocabulary when the sampler has several */
  readonly options: StepRequestOptions;
}

/** The row after the prompt and these tokens. `slot` is the place of the text, for hosts with a cache for each. */
export type RowAfter = (token_ids: readonly number[], slot: number) => Promise<Float32Array>;

/** A text that is not complete after `tokens_max` tokens has a weight of 0. Throws when none is complete. */
export async function drawParticles(
  sampler: Sampler,
  rowAfter: RowAfter,
  { count, tokens_max, threshold, seed, prompt, options }: ParticleOptions,
): Promise<Particles> {
  let particles: readonly Particle[] = Array.from({ length: count }, () => ({
    token_ids: [],
    is_complete: false,
  }));
  let log_weights: readonly (number | null)[] = particles.map(() => 0);
  let [log_evidence, resamplings] = [0, 0];
  for (let step = 0; step < tokens_max && particles.some(({ is_complete }) => !is_complete); step++) {
    const grown: Particle[] = [];
    const weights: (number | null)[] = [];
    for (const [slot, particle] of particles.entries()) {
      const log_weight = log_weights[slot] ?? null;
      if (particle.is_complete || log_weight === null) {
        grown.push(particle);
        weights.push(log_weight);
        continue;
      }
      const history = [...prompt, ...particle.token_ids];
      // Copies of one text must differ from here on: each slot has a seed of its own.
      const place = { history, prompt_length: prompt.length, seed: seed * count + slot, step };
      const row = await rowAfter(particle.token_ids, slot);
      const reply = sampler.sample(row, { ...options, ...place });
      const is_complete = reply.finish_reason === "grammar";
      const is_late = step === tokens_max - 1 && !is_complete;
      grown.push({ token_ids: [...particle.token_ids, reply.token_id], is_complete });
      weights.push(is_late ? null : log_weight + (reply.grammar_logmass ?? 0));
    }
    const chosen = resample({ log_weights: weights, threshold, seed, step });
    if (chosen.resampled) {
      resamplings += 1;
      log_evidence += chosen.log_mean_weight;
    }
    particles = chosen.parents.map((parent) => grown[parent] as Particle); // a parent is one of them
    log_weights = chosen.log_weights;
  }
  const { log_mean_weight } = resample({ log_weights, threshold: 0, seed, step: tokens_max });
  return { particles, log_weights, log_evidence: log_evidence + log_mean_weight, resamplings };
}
