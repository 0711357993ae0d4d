/** Watermarks without a sampler: Philox's words, the uniform numbers of tokens, scores and p-values of texts. */

import type { Line, Section } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";

const MASK = 0xffffffffn;

/** Philox4x32-10 of Salmon et al. 2011, with BigInt arithmetic. */
function philox(counter: readonly number[], key: readonly number[], rounds = 10): number[] {
  let [x0, x1, x2, x3] = counter.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint]; // four words
  let [k0, k1] = key.map((word) => BigInt(word >>> 0)) as [bigint, bigint]; // two
  for (let round = 0; round < rounds; round++) {
    const [a, b] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(b >> 32n) ^ x1 ^ k0, b & MASK, (a >> 32n) ^ x3 ^ k1, a & MASK];
    k0 = (k0 + 0x9e3779b9n) & MASK;
    k1 = (k1 + 0xbb67ae85n) & MASK;
  }
  return [x0, x1, x2, x3].map(Number);
}

/** vLLM's philox4x32-10-v1: the word of a token in a context, by a key of two words. */
function wordOf(
  [low, high]: readonly [number, number],
  context: readonly number[],
  token_id: number,
): number {
  let state = [0x574d4358, context.length, 0, 0];
  for (let offset = 0; offset < context.length; offset += 4) {
    const counter = state.map((word, i) => (word ^ (context[offset + i] ?? ~i)) >>> 0);
    state = philox(counter, [low ^ offset, high]);
  }
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = state;
  return philox([token_id >>> 2, s0, s1, s2], [low ^ s3, high ^ 0x574d544b])[token_id & 3] as number; // four words
}

const uniformOf = (word: number) => Math.fround(((word >>> 8) + 1) / 16_777_217);

/** e^−x Σ xᵏ/k! for k < n: the tail of a sum of n exponential numbers. */
function gammaTail(n: number, x: number): number {
  let [term, total] = [1, 0];
  for (let k = 0; k < n; k++) {
    total += term;
    term *= x / (k + 1);
  }
  return Math.exp(-x) * total;
}

const word = (random: ReturnType<typeof seeded>) => random.below(2 ** 32);
const numbered = (name: string, i: number) => `${name}-${String(i + 1).padStart(3, "0")}`;

/** The known answers of Random123 (kat_vectors, philox4x32 10). */
const KNOWN = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

function philoxLines(): Line[] {
  const asked = Array.from({ length: 40 }, (_, i) => {
    const random = seeded(290, i);
    const known = KNOWN[i];
    const counter = known?.counter ?? Array.from({ length: 4 }, () => word(random));
    const key = known?.key ?? [word(random), word(random)];
    const words = philox(counter, key);
    if (known !== undefined && known.words.join() !== words.join())
      throw new Error("philox is not Random123's");
    return { counter, key, words };
  });
  return asked.map(({ counter, key, words }, i) => ({
    id: numbered("philox", i),
    section: "marks",
    task: "philox",
    rule: "philox4x32-10",
    about: i < KNOWN.length ? "a known answer of Random123" : "four words of a counter and a key",
    counter,
    key,
    words,
    otherwise: [
      { as: ["as if there were 7 rounds"], words: philox(counter, key, 7) },
      { as: ["as if the words of the key were swapped"], words: philox(counter, key.toReversed()) },
    ].filter((other) => other.words.join() !== words.join()),
    why: "Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011; Random123, kat_vectors",
  }));
}

const WHY = "vLLM, vllm/v1/watermarking/prfs/philox.py, philox4x32-10-v1; Aaronson, 2023";

function tokenLines(): Line[] {
  return Array.from({ length: 60 }, (_, i) => {
    const random = seeded(291, i);
    const key: [number, number] = [word(random), word(random)];
    const width = 1 + random.below(6);
    const context = Array.from({ length: width }, () => (random.oneIn(9) ? -1 : random.below(50_000)));
    const token_id = random.below(60_000);
    const own = wordOf(key, context, token_id);
    const others = [
      {
        as: ["as if the context were the other way round"],
        word: wordOf(key, context.toReversed(), token_id),
      },
      { as: ["as if the words of the key were swapped"], word: wordOf([key[1], key[0]], context, token_id) },
      {
        as: ["as if the token's own id were the last of the context"],
        word: wordOf(key, [...context.slice(1), token_id], token_id),
      },
    ];
    return {
      id: numbered("mark-token", i),
      section: "marks",
      task: "mark_token",
      rule: "gumbel",
      about: "the word of a token in a context, and its u = float32(((w >> 8) + 1) / (2^24 + 1))",
      key,
      context,
      token_id,
      word: own,
      u: uniformOf(own),
      otherwise: others
        .filter((other) => other.word !== own)
        .map((other) => ({ ...other, u: uniformOf(other.word) })),
      why: WHY,
    };
  });
}

function scoreLines(): Line[] {
  return Array.from({ length: 40 }, (_, i) => {
    const random = seeded(292, i);
    const uniforms = Array.from({ length: 1 + random.below(30) }, () =>
      Math.fround(Math.max(random.unit(), random.oneIn(2) ? random.unit() : 0)),
    );
    const score = uniforms.reduce((sum, u) => sum - Math.log(1 - u), 0);
    const reversed = uniforms.reduce((sum, u) => sum - Math.log(u), 0);
    const n = uniforms.length;
    return {
      id: numbered("mark-score", i),
      section: "marks",
      task: "mark_score",
      rule: "gumbel",
      about: `${n} tokens: the score is the sum of -ln(1 - u), the p-value the tail of Gamma(${n}, 1)`,
      uniforms,
      score,
      p_value: gammaTail(n, score),
      tolerance: 1e-9,
      otherwise: [
        { as: ["as if the score were the sum of -ln u"], score: reversed, p_value: gammaTail(n, reversed) },
      ],
      why: "Σ −ln(1 − u) ~ Gamma(n, 1): Aaronson, Watermarking of Large Language Models, 2023",
    };
  });
}

export const marks: Section = {
  name: "marks",
  about: "Watermarks: Philox's words, a token's u, scores and p-values.",
  files: () => ({ philox: philoxLines(), marks: [...tokenLines(), ...scoreLines()] }),
};
