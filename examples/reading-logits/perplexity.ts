/** How well a language model foresaw a text: the loss of each word, and their mean as perplexity. */
import { BITS_PER_NAT, loss, rowOf, score } from "../../src/index.ts";
import { readRows } from "../real-data/vectors.ts";
import type { Story } from "./story.ts";

export const perplexity: Story = {
  title: "Perplexity: the demo language model reads Dickens for the first time",
  tell() {
    const passage = readRows("language-model");
    const scores = Array.from(passage.targets, (target, r) => score(rowOf(passage, r), target));
    const { cross_entropy, cross_entropy_bits, perplexity } = loss(scores.map(({ logprob }) => logprob));
    return [
      "“… of times, it was the worst of times, it was the age of wisdom …”, token by token, out of 8,192 tokens:",
      ...scores.map(
        ({ logprob, rank }, r) =>
          `  token ${String(r + 1).padStart(2)}  rank ${String(rank).padStart(4)}  ${(-logprob * BITS_PER_NAT).toFixed(2).padStart(6)} bits`,
      ),
      `Mean: ${cross_entropy.toFixed(3)} nats = ${cross_entropy_bits.toFixed(3)} bits a token.`,
      `Perplexity e^${cross_entropy.toFixed(3)} = ${perplexity.toFixed(1)}: as hard as guessing among ${Math.round(perplexity)} tokens, where 8,192 would be knowing nothing.`,
    ];
  },
};
