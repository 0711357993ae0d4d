/**
 * vLLM's pseudorandom function of watermarks (vllm/v1/watermarking/prfs/philox.py, philox4x32-10-v1): a keyed hash of the
 * context by Philox, and from it one word for every token.
 */
import { coarseUniform, type Noise, philox } from "../../../kernels/kernel.ts";
import type { KeyWords } from "./keys.ts";

const CONTEXT_DOMAIN = 0x574d4358;
const TOKEN_DOMAIN = 0x574d544b;
const BLOCK = 4;

/** The four hash words of a context. */
function hashContext(key: KeyWords, context: Int32Array, state: Uint32Array): Uint32Array {
  const low = key[0];
  const high = key[1];
  state[0] = CONTEXT_DOMAIN;
  state[1] = context.length;
  state[2] = 0;
  state[3] = 0;
  for (let offset = 0; offset < context.length; offset += BLOCK) {
    const x0 = state[0]! ^ wordAt(context, offset, 0);
    const x1 = state[1]! ^ wordAt(context, offset, 1);
    const x2 = state[2]! ^ wordAt(context, offset, 2);
    const x3 = state[3]! ^ wordAt(context, offset, 3);
    philox(x0, x1, x2, x3, low ^ offset, high, state);
  }
  return state;
}

/** A word that is missing in the last block counts as 2³² − 1 minus its index. */
function wordAt(context: Int32Array, offset: number, place: number): number {
  return offset + place < context.length ? context[offset + place]! : ~place;
}

/** Scratch: each hash is used before the next is computed. */
const STATE = new Uint32Array(4);

/** The noise of all tokens in a context. */
export function noiseIn(key: KeyWords, context: Int32Array): Noise {
  const [s0, s1, s2, s3] = hashContext(key, context, STATE) as unknown as [number, number, number, number]; // four words
  return { counter: [s0, s1, s2], key: [key[0] ^ s3, key[1] ^ TOKEN_DOMAIN], coarse: true };
}

/** u of one token in a context. */
export function uniformIn(key: KeyWords, context: Int32Array, token_id: number): number {
  return coarseUniform(wordIn(key, context, token_id));
}

/** The word of one token in a context. */
export function wordIn(key: KeyWords, context: Int32Array, token_id: number): number {
  const state = hashContext(key, context, STATE);
  const last = state[3]!;
  philox(token_id >>> 2, state[0]!, state[1]!, state[2]!, key[0] ^ last, key[1] ^ TOKEN_DOMAIN, state);
  return state[token_id & 3]!;
}
