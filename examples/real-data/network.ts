/**
 * A network with one hidden layer, trained by plain stochastic gradient descent: small enough to read, large enough
 * to become far too sure of itself. Everything is deterministic: seeded start, seeded order, our own exp.
 */
import seedrandom from "seedrandom";
import { softmax } from "../../src/analysis/index.ts";

export interface Network {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  /** hidden × inputs, row after row */
  readonly w1: Float64Array;
  readonly b1: Float64Array;
  /** classes × hidden, row after row */
  readonly w2: Float64Array;
  readonly b2: Float64Array;
}

export interface Example {
  readonly input: Float32Array;
  readonly target: number;
}

export function createNetwork(inputs: number, hidden: number, classes: number, seed: string): Network {
  const rng = seedrandom.tychei(`network:${seed}`);
  const uniform = (count: number, fan_in: number) =>
    Float64Array.from({ length: count }, () => (2 * rng.quick() - 1) * Math.sqrt(3 / fan_in));
  return {
    inputs,
    hidden,
    classes,
    w1: uniform(hidden * inputs, inputs),
    b1: new Float64Array(hidden),
    w2: uniform(classes * hidden, hidden),
    b2: new Float64Array(classes),
  };
}

/** Hidden activations: max(0, W₁x + b₁). */
function activate({ inputs, hidden, w1, b1 }: Network, input: Float32Array): Float64Array {
  const h = new Float64Array(hidden);
  for (let j = 0; j < hidden; j++) {
    let sum = b1[j]!;
    for (let i = 0, w = j * inputs; i < inputs; i++, w++) sum += w1[w]! * input[i]!;
    h[j] = Math.max(0, sum);
  }
  return h;
}

function output({ hidden, classes, w2, b2 }: Network, h: Float64Array): Float64Array {
  const logits = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    let sum = b2[c]!;
    for (let j = 0; j < hidden; j++) sum += w2[c * hidden + j]! * h[j]!;
    logits[c] = sum;
  }
  return logits;
}

export function logitsOf(network: Network, input: Float32Array): Float64Array {
  return output(network, activate(network, input));
}

/** ∂loss/∂logits = p − y: all that backpropagation needs from cross-entropy. */
function outputGradient(logits: Float64Array, target: number): Float64Array {
  const gradient = softmax(logits);
  gradient[target]! -= 1;
  return gradient;
}

/** ∂loss/∂hidden, before the rectifier's own factor of 0 or 1 is applied as well. */
function hiddenGradient(
  { hidden, classes, w2 }: Network,
  h: Float64Array,
  of_output: Float64Array,
): Float64Array {
  const gradient = new Float64Array(hidden);
  for (let j = 0; j < hidden; j++) {
    if (h[j] === 0) continue;
    for (let c = 0; c < classes; c++) gradient[j]! += of_output[c]! * w2[c * hidden + j]!;
  }
  return gradient;
}

/** One pass over the examples in a seeded order, one step of gradient descent for each. */
export function trainEpoch(
  network: Network,
  examples: readonly Example[],
  rate: number,
  epoch: number,
): void {
  const { inputs, hidden, classes, w1, b1, w2, b2 } = network;
  for (const index of shuffled(examples.length, `epoch:${epoch}`)) {
    const { input, target } = examples[index]!;
    const h = activate(network, input);
    const of_output = outputGradient(output(network, h), target);
    const of_hidden = hiddenGradient(network, h, of_output);
    for (let c = 0; c < classes; c++) {
      const step = rate * of_output[c]!;
      for (let j = 0; j < hidden; j++) w2[c * hidden + j]! -= step * h[j]!;
      b2[c]! -= step;
    }
    for (let j = 0; j < hidden; j++) {
      const step = rate * of_hidden[j]!;
      if (step === 0) continue;
      for (let i = 0, w = j * inputs; i < inputs; i++, w++) w1[w]! -= step * input[i]!;
      b1[j]! -= step;
    }
  }
}

/**
 * The fast gradient sign method: every pixel moves by ε in the direction that raises the loss, and stays in [0, 1].
 * Source: I. Goodfellow et al., "Explaining and Harnessing Adversarial Examples", ICLR 2015.
 */
export function perturb(network: Network, { input, target }: Example, epsilon: number): Float32Array {
  const h = activate(network, input);
  const of_hidden = hiddenGradient(network, h, outputGradient(output(network, h), target));
  return input.map((pixel, i) => {
    let slope = 0;
    for (let j = 0; j < network.hidden; j++) slope += of_hidden[j]! * network.w1[j * network.inputs + i]!;
    return Math.min(1, Math.max(0, pixel + epsilon * Math.sign(slope)));
  });
}

/** 0 … count − 1 in a seeded order (Fisher and Yates). */
export function shuffled(count: number, seed: string): Int32Array {
  const rng = seedrandom.tychei(`shuffle:${seed}`);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(rng.quick() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
