/**
 * Handwritten digits: stores the network's logits for 2,000 digits to calibrate on, 2,000 to test on, and for 1,000 of these
 * after the fast gradient sign method has moved every pixel by at most 0.1.
 *
 *     npm ci --prefix examples/real-data && npx tsx examples/real-data/digits.ts
 */
import { commandLine } from "../../src/command-line.ts";
import { trainOnDigits } from "./digit-network.ts";
import { type Example, logitsOf, perturb } from "./network.ts";
import { storeRows, writeVectors } from "./vectors.ts";

commandLine({
  name: "npx tsx examples/real-data/digits.ts",
  about:
    "Trains a network on handwritten digits and writes its logits to test/vectors/analysis/digits.json. Needs npm ci --prefix examples/real-data.",
  options: {},
});

const EPSILON = 0.1;
const UNIT = 1 / 256;

const { network, validation, test } = await trainOnDigits();

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
