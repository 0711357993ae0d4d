/**
 * Typical and difficult rows for kernels: peaked, flat, masked, quantised, constant. They are seeded, so they never
 * change.
 */

/** Uniforms of [0, 1) from a 32-bit mixer; only for test data. */
export function seededUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
  };
}

function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** N(−2, 2.5) and 50 tokens up to +18: top-p keeps few tokens. */
export function peakedRow(vocab_size: number, seed: number): Float32Array {
  const uniform = seededUniform(seed);
  const row = Float32Array.from({ length: vocab_size }, () => -2 + 2.5 * normal(uniform));
  for (let i = 0; i < 50; i++) row[Math.floor(uniform() * vocab_size)] = 18 * uniform();
  return row;
}

/** N(−2, 1): top-p 0.95 keeps most of the vocabulary. */
export function flatRow(vocab_size: number, seed: number): Float32Array {
  const uniform = seededUniform(seed);
  return Float32Array.from({ length: vocab_size }, () => -2 + normal(uniform));
}

/** Rounded to multiples of `step`: many equal values, as bf16 logits have. */
export function quantisedRow(vocab_size: number, seed: number, step: number): Float32Array {
  return flatRow(vocab_size, seed).map((x) => Math.round(x / step) * step);
}

function constantRow(vocab_size: number, value: number): Float32Array {
  return new Float32Array(vocab_size).fill(value);
}

/** All elements are `rest`, except a few tokens. */
export function sparseRow(
  vocab_size: number,
  rest: number,
  tokens: readonly (readonly [number, number])[],
): Float32Array {
  const row = constantRow(vocab_size, rest);
  for (const [id, value] of tokens) row[id] = value;
  return row;
}

/** Zeros of both signs among a few other values. */
export function signedZeroRow(vocab_size: number, seed: number): Float32Array {
  const uniform = seededUniform(seed);
  return Float32Array.from(
    { length: vocab_size },
    () => [0, -0, -1e-45, 1e-45, -1][Math.floor(uniform() * 5)]!,
  );
}

/** Strictly falling: the best tokens all lie in the first blocks. */
function fallingRow(vocab_size: number): Float32Array {
  return Float32Array.from({ length: vocab_size }, (_, id) => 5 - id / 1000);
}

/** One row of each kind. */
export function rowsOfEveryKind(vocab_size: number): readonly (readonly [string, Float32Array])[] {
  const few: [number, number][] = [
    [0, 1.5],
    [Math.floor(vocab_size / 2), 2],
    [vocab_size - 1, 2],
  ];
  return [
    ["peaked", peakedRow(vocab_size, 1)],
    ["flat", flatRow(vocab_size, 2)],
    ["quantised finely", quantisedRow(vocab_size, 3, 1 / 16)],
    ["quantised coarsely", quantisedRow(vocab_size, 4, 1)],
    ["constant", constantRow(vocab_size, 3.25)],
    ["constant zero", constantRow(vocab_size, 0)],
    ["three finite among −Infinity", sparseRow(vocab_size, -Infinity, few)],
    ["three finite among −1e9", sparseRow(vocab_size, -1e9, few)],
    ["signed zeros", signedZeroRow(vocab_size, 5)],
    ["falling", fallingRow(vocab_size)],
    ["rising", fallingRow(vocab_size).reverse()],
    ["far from zero", flatRow(vocab_size, 6).map((x) => x + 5000)],
  ];
}
