/**
 * JSON texts with the model's distribution, given a schema: particles, weighted by what the mask took away.
 *
 *   npx tsx examples/particles/json-texts.ts --particles 64
 *
 * It prints how often each text comes among the weighted particles, beside how often it comes when each token is drawn under
 * the mask and nothing is weighted.
 */
import { stdout } from "node:process";
import { commandLine, count, run, text } from "../../src/command-line.ts";
import { createSampler, demoVocabulary, vocabulariesOf } from "../../src/index.ts";
import { type LongSequence, loadModel, MODEL_FOLDER } from "../model-host/model.ts";
import { loadTokenizer } from "../model-host/tokenizer.ts";
import { drawParticles, type Particles, type RowAfter } from "./particles.ts";

const SCHEMA = {
  enum: [
    "The King",
    "The Kiss",
    "The Great War",
    "The Great Wall",
    "The Last of the Sea",
    "The New York Times",
  ],
};
/** Every text of the schema is complete before. */
const TOKENS_MAX = 40;

const { values } = commandLine({
  name: "npx tsx examples/particles/json-texts.ts",
  about: "Draws JSON texts of a schema with the demo model, weighted as the model itself would write them.",
  options: {
    prompt: text("TEXT", "what the model continues", "It was followed by a second book, called "),
    particles: count("N", "texts that are drawn at once", 64),
    seed: count("N", "of the randomness", 7),
  },
});

/** Rows of a model with a sequence for each slot. A slot that takes over another text reads it anew. */
function rowsOf(startSequence: () => LongSequence, prompt: readonly number[]): RowAfter {
  const slots: { sequence: LongSequence; read: readonly number[] }[] = [];
  return async (token_ids, slot) => {
    const own = slots[slot];
    const goes_on = own?.read.every((token_id, i) => token_id === token_ids[i]) ?? false;
    const sequence = own !== undefined && goes_on ? own.sequence : startSequence();
    const unread =
      own !== undefined && goes_on ? token_ids.slice(own.read.length) : [...prompt, ...token_ids];
    slots[slot] = { sequence, read: token_ids };
    return sequence.step(unread);
  };
}

/** Each text with its share of the weight, the heaviest first. */
function shares({ particles, log_weights }: Particles, decode: (ids: readonly number[]) => string) {
  const largest = Math.max(...log_weights.map((weight) => weight ?? Number.NEGATIVE_INFINITY));
  const weights = log_weights.map((weight) => (weight === null ? 0 : Math.exp(weight - largest)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const by_text = new Map<string, number>();
  for (const [i, { token_ids }] of particles.entries()) {
    const written = decode(token_ids);
    by_text.set(written, (by_text.get(written) ?? 0) + (weights[i] ?? 0) / sum);
  }
  return [...by_text].filter(([, share]) => share > 0).toSorted(([, a], [, b]) => b - a);
}

await run(async () => {
  const codec = await loadTokenizer(MODEL_FOLDER);
  const model = await loadModel(MODEL_FOLDER);
  const sampler = createSampler({ vocab_size_max: model.vocab_size }, undefined, {
    vocabularies: vocabulariesOf([demoVocabulary()]),
  });
  const prompt = codec.encode(values.prompt);
  const grammar = { json_schema: SCHEMA, whitespace: "compact" };
  const draw = (threshold: number) =>
    drawParticles(
      sampler,
      rowsOf(() => model.startSequence(), prompt),
      {
        ...{ count: values.particles, tokens_max: TOKENS_MAX, threshold, seed: values.seed, prompt },
        options: { vocabulary: "demo", grammar },
      },
    );
  const weighted = await draw(0.5);
  const plain = await draw(0);
  const unweighted = { ...plain, log_weights: plain.particles.map(() => 0) };
  for (const [title, drawn] of [
    ["weighted and resampled", weighted],
    ["under the mask alone", unweighted],
  ] as const) {
    stdout.write(`${title}:\n`);
    for (const [written, share] of shares(drawn, (ids) => codec.decode(ids)))
      stdout.write(`  ${(100 * share).toFixed(1).padStart(5)} %  ${written}\n`);
  }
  stdout.write(
    `resampled ${weighted.resamplings} times; ln P(the schema) ${weighted.log_evidence.toFixed(2)}\n`,
  );
  await model.close();
});
