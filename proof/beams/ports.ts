/**
 * Ports, written from the sources of two hosts whose own code cannot run here:
 *
 *  - tensorrt_llm: beamStage1Kernel to beamStage3Kernel (V1 workflow) and insertUnfinishedPathKernel of TensorRT-LLM at
 *    2a9abd9, for one batch entry. It needs a GPU.
 *  - llama_cpp: llama_beam_search, which llama.cpp removed in 2024.
 *
 * All sums are rounded to float32, as theirs are.
 */
import { rowOf } from "../../evidence/beam-search.ts";
import type { Answer, Asked } from "./searches.ts";

const f32 = Math.fround;

/** undefined: the host reads memory that was never written */
export const PORTS: Readonly<Record<string, (asked: Asked) => Answer | undefined>> = {
  tensorrt_llm: tensorrtLlm,
  llama_cpp: llamaCpp,
};

interface Options {
  readonly num_beams: number;
  readonly end_token_ids: readonly number[];
  readonly max_tokens: number;
  readonly length_penalty: number;
  readonly early_stopping: number;
  readonly beam_search_diversity_rate: number;
}

function logSoftmax(row: Float32Array): Float32Array {
  const max = row.reduce((a, b) => Math.max(a, b));
  const sum = row.reduce((total, logit) => total + Math.exp(logit - max), 0);
  return row.map((logit) => logit - max - Math.log(sum));
}

function applyLengthPenalty(sum: number, length: number, penalty: number): number {
  return penalty === 0 || length === 1 ? sum : f32(sum / f32(length ** penalty));
}

interface Beam {
  readonly tokens: readonly number[];
  readonly cum: number;
}

/** Candidate beam array: sequences that have ended. */
interface Cba {
  tokens: readonly number[];
  normed: number;
}

function tensorrtLlm({ world, beam }: Asked): Answer | undefined {
  const options = beam as unknown as Options;
  const { num_beams: K, max_tokens, length_penalty, early_stopping, beam_search_diversity_rate } = options;
  const end_id = options.end_token_ids[0];
  const FLT_MAX = 3.4028234663852886e38;
  let beams: Beam[] = [{ tokens: [], cum: 0 }];
  const cba: Cba[] = [];
  let min_normed = 0;
  let done = false;
  for (let step = 0; step < max_tokens && !done; step++) {
    const length = step + 1;
    const candidates = beams.flatMap(({ tokens, cum }, parent) => {
      const logprobs = logSoftmax(rowOf(world, [...world.prompt, ...tokens]));
      return [...logprobs.entries()]
        .sort(([a, x], [b, y]) => y - x || a - b)
        .slice(0, 2 * K)
        .map(([id, logprob]) => {
          const sum = f32(logprob + cum);
          return { parent, id, sum, ranked: f32(sum + f32(beam_search_diversity_rate * parent)) };
        });
    });
    // cub::ArgMax takes the lower key of equal values. Keys are ordered by parent and rank, and sort is stable.
    const top = candidates.toSorted((a, b) => b.ranked - a.ranked).slice(0, 2 * K);
    if (cba.length === 0) min_normed = 0;
    const next: Beam[] = [];
    let is_broken = false;
    for (const [i, { parent, id, sum }] of top.entries()) {
      const tokens = [...(beams[parent] as Beam).tokens, id];
      if (i < K && id === end_id) {
        const normed = applyLengthPenalty(sum, length, length_penalty);
        if (cba.length === K) {
          if (normed < min_normed) {
            if (early_stopping !== 0) {
              is_broken = true;
              break;
            }
            continue;
          }
          const j = cba.findIndex((each) => each.normed === min_normed);
          cba[j] = { tokens, normed };
          min_normed = cba.reduce((least, each) => Math.min(least, each.normed), FLT_MAX);
        } else {
          cba.push({ tokens, normed });
          min_normed = Math.min(min_normed, normed);
        }
      } else if (id !== end_id) next.push({ tokens, cum: sum });
      if (next.length >= K) break;
    }
    if (cba.length < K) done = false;
    else if (early_stopping === 1) done = true;
    else {
      const far = early_stopping !== 0 && length_penalty > 0 ? max_tokens : length;
      done = min_normed >= applyLengthPenalty(top[0]?.ranked ?? 0, far, length_penalty);
    }
    if (is_broken && !done) return undefined;
    beams = next;
  }
  if (!done)
    for (const { tokens, cum } of beams)
      cba.push({ tokens, normed: applyLengthPenalty(cum, tokens.length, length_penalty) });
  return cba
    .toSorted((a, b) => b.normed - a.normed)
    .slice(0, K)
    .map(({ tokens, normed }) => [tokens, normed] as const);
}

interface LlamaBeam {
  readonly tokens: readonly number[];
  readonly p: number;
  readonly eob: boolean;
}

/** Like the callback of llama.cpp's example, which ends a beam at its last token. */
function llamaCpp({ world, beam }: Asked): Answer {
  const { num_beams, end_token_ids, max_tokens } = beam as unknown as Options;
  let beams: LlamaBeam[] = [{ tokens: [], p: 1, eob: false }];
  // The mass by which renormalising divided; the host does not keep it.
  let lost = 0;
  const isBest = (all: readonly LlamaBeam[]) =>
    all.reduce((best, each, i) => {
      const { p, eob } = all[best] as LlamaBeam;
      return each.p > p || (each.p === p && each.eob && !eob) ? i : best;
    }, 0);
  for (let i = 0; i < max_tokens && beams.some(({ eob }) => !eob) && !beams[isBest(beams)]?.eob; i++) {
    const next: LlamaBeam[] = beams.flatMap((each) => {
      if (each.eob) return [each];
      const logprobs = logSoftmax(rowOf(world, [...world.prompt, ...each.tokens]));
      return [...logprobs.entries()]
        .sort(([a, x], [b, y]) => y - x || a - b)
        .slice(0, num_beams)
        .map(([id, logprob]) => ({
          tokens: [...each.tokens, id],
          p: f32(each.p * f32(Math.exp(logprob))),
          eob: end_token_ids.includes(id),
        }));
    });
    const kept = next.toSorted((a, b) => b.p - a.p).slice(0, num_beams);
    const sum = kept.reduce((total, { p }) => f32(total + p), 0);
    lost += Math.log(sum);
    beams = kept.map((each) => ({ ...each, p: f32(each.p / sum) }));
  }
  const best = beams[isBest(beams)] as LlamaBeam;
  const ranked = [best, ...beams.filter((each) => each !== best).toSorted((a, b) => b.p - a.p)];
  return ranked.map(({ tokens, p }) => [tokens, Math.log(p) + lost] as const);
}
