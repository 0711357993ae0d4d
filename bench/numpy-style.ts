/**
 * A first version in the style of numpy, as most people write it: one array operation after the other over the rows of
 * a float32 matrix, each with a new array for its result. It uses typed arrays, indexed loops and Math.exp; it is
 * correct and numerically stable.
 */

/** ln p of the true class, for every row. */
export function numpyStyleScores(values: Float32Array, classes: number, targets: Int32Array): Float64Array {
  const logprobs = new Float64Array(targets.length);
  for (let r = 0; r < targets.length; r++) {
    const shifted = minusMax(values.subarray(r * classes, (r + 1) * classes));
    logprobs[r] = shifted[targets[r]!]! - Math.log(sumOf(exponentials(shifted)));
  }
  return logprobs;
}

/** Probabilities of every row, into one float32 matrix. */
export function numpyStyleSoftmax(
  values: Float32Array,
  classes: number,
  probabilities: Float32Array,
): Float32Array {
  for (let at = 0; at < values.length; at += classes) {
    const weights = exponentials(minusMax(values.subarray(at, at + classes)));
    const total = sumOf(weights);
    for (let i = 0; i < classes; i++) probabilities[at + i] = weights[i]! / total;
  }
  return probabilities;
}

function minusMax(row: Float32Array): Float64Array {
  let max = -Infinity;
  for (let i = 0; i < row.length; i++) if (row[i]! > max) max = row[i]!;
  const shifted = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) shifted[i] = row[i]! - max;
  return shifted;
}

function exponentials(row: Float64Array): Float64Array {
  const weights = new Float64Array(row.length);
  for (let i = 0; i < row.length; i++) weights[i] = Math.exp(row[i]!);
  return weights;
}

function sumOf(row: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i]!;
  return sum;
}
