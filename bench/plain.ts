/**
 * The rival: the same chains in plain TypeScript over typed arrays, written as well as we can. Indexed loops, no
 * allocation per step, a heap for top-k, a histogram of mass instead of a sort for top-p, Math.exp.
 */

export interface PlainSampler {
  greedy(row: Float32Array): number;
  temperature(row: Float32Array, temperature: number, u: number): number;
  topP(row: Float32Array, temperature: number, p: number, u: number): number;
  topKTopPMinP(
    row: Float32Array,
    temperature: number,
    k: number,
    p: number,
    min_p: number,
    u: number,
  ): number;
  /** The weights of the tokens after the last `temperature` or `topP`; 0 for dropped tokens. */
  readonly weights: Float32Array;
  /** The selection of the last `topKTopPMinP`. */
  readonly selection: Selection;
}

/** The best tokens by logit, descending; the last draw was from the first `kept` of them. */
export interface Selection {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
  kept: number;
}

const BINS = 4096;
/** Tokens this far below the best, in units of T, share the lowest bin. */
const REACH = 40;

export function createPlainSampler(vocab_size_max: number): PlainSampler {
  const weights = new Float32Array(vocab_size_max);
  const bins = new Float64Array(BINS);
  const selection: Selection = { logits: new Float32Array(1024), ids: new Int32Array(1024), kept: 0 };
  const border: { ids: Int32Array; count: number } = { ids: new Int32Array(vocab_size_max), count: 0 };
  return {
    weights,
    selection,
    greedy: indexOfMax,
    temperature(row, temperature, u) {
      const total = weigh(row, weights, row[indexOfMax(row)]!, temperature);
      return draw(weights, row.length, u * total);
    },
    topP(row, temperature, p, u) {
      const max = row[indexOfMax(row)]!;
      const total = weigh(row, weights, max, temperature);
      cutMass(row, weights, bins, border, max, temperature, p * total);
      let kept = 0;
      for (let i = 0; i < row.length; i++) kept += weights[i]!;
      return draw(weights, row.length, u * kept);
    },
    topKTopPMinP(row, temperature, k, p, min_p, u) {
      const count = selectTop(row, k, selection.logits, selection.ids);
      return drawSorted(selection, count, temperature, p, min_p, u);
    },
  };
}

function indexOfMax(row: Float32Array): number {
  let best = 0;
  let max = row[0]!;
  for (let i = 1; i < row.length; i++) {
    if (row[i]! > max) {
      max = row[i]!;
      best = i;
    }
  }
  return best;
}

function weigh(row: Float32Array, weights: Float32Array, max: number, temperature: number): number {
  const scale = 1 / temperature;
  let total = 0;
  for (let i = 0; i < row.length; i++) {
    const weight = Math.exp((row[i]! - max) * scale);
    weights[i] = weight;
    total += weight;
  }
  return total;
}

function draw(weights: Float32Array, length: number, target: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    sum += weights[i]!;
    if (sum > target) return i;
  }
  return length - 1;
}

/** Sets the weights outside the smallest prefix of the mass `wanted` to zero: whole bins, then the sorted border bin. */
function cutMass(
  row: Float32Array,
  weights: Float32Array,
  bins: Float64Array,
  border: { ids: Int32Array; count: number },
  max: number,
  temperature: number,
  wanted: number,
): void {
  const scale = BINS / (REACH * temperature);
  bins.fill(0);
  for (let i = 0; i < row.length; i++) {
    const bin = Math.min(((max - row[i]!) * scale) | 0, BINS - 1);
    bins[bin] = bins[bin]! + weights[i]!;
  }
  let crossing = 0;
  let mass = 0;
  while (crossing < BINS - 1 && mass + bins[crossing]! < wanted) mass += bins[crossing++]!;
  border.count = 0;
  for (let i = 0; i < row.length; i++) {
    const bin = Math.min(((max - row[i]!) * scale) | 0, BINS - 1);
    if (bin === crossing) border.ids[border.count++] = i;
    else if (bin > crossing) weights[i] = 0;
  }
  const ids = border.ids.subarray(0, border.count).sort((a, b) => row[b]! - row[a]! || a - b);
  for (let i = 0; i < ids.length; i++) {
    if (mass >= wanted) weights[ids[i]!] = 0;
    else mass += weights[ids[i]!]!;
  }
}

/** Min-heap of the k best, then sorted in place by removal: logits descending at [0, count). */
function selectTop(row: Float32Array, k: number, logits: Float32Array, ids: Int32Array): number {
  const count = Math.min(k, row.length);
  for (let i = 0; i < count; i++) {
    logits[i] = row[i]!;
    ids[i] = i;
  }
  for (let at = (count >> 1) - 1; at >= 0; at--) siftDown(logits, ids, at, count);
  let smallest = logits[0]!;
  for (let i = count; i < row.length; i++) {
    const logit = row[i]!;
    if (logit > smallest) {
      logits[0] = logit;
      ids[0] = i;
      siftDown(logits, ids, 0, count);
      smallest = logits[0]!;
    }
  }
  for (let end = count - 1; end > 0; end--) {
    const logit = logits[0]!;
    const id = ids[0]!;
    logits[0] = logits[end]!;
    ids[0] = ids[end]!;
    logits[end] = logit;
    ids[end] = id;
    siftDown(logits, ids, 0, end);
  }
  return count;
}

function siftDown(logits: Float32Array, ids: Int32Array, start: number, length: number): void {
  let at = start;
  const logit = logits[at]!;
  const id = ids[at]!;
  for (let child = 2 * at + 1; child < length; child = 2 * at + 1) {
    if (child + 1 < length && logits[child + 1]! < logits[child]!) child += 1;
    if (!(logits[child]! < logit)) break;
    logits[at] = logits[child]!;
    ids[at] = ids[child]!;
    at = child;
  }
  logits[at] = logit;
  ids[at] = id;
}

/** Softmax, top-p and min-p over a short sorted list, and the draw. */
function drawSorted(
  selection: Selection,
  count: number,
  temperature: number,
  p: number,
  min_p: number,
  u: number,
): number {
  const { logits, ids } = selection;
  const max = logits[0]!;
  let total = 0;
  for (let i = 0; i < count; i++) total += Math.exp((logits[i]! - max) / temperature);
  let mass = 0;
  let kept = 0;
  while (kept < count && (kept === 0 || mass < p * total)) {
    const weight = Math.exp((logits[kept]! - max) / temperature);
    if (weight < min_p) break;
    mass += weight;
    kept += 1;
  }
  selection.kept = kept;
  const target = u * mass;
  let sum = 0;
  for (let i = 0; i < kept; i++) {
    sum += Math.exp((logits[i]! - max) / temperature);
    if (sum > target) return ids[i]!;
  }
  return ids[kept - 1]!;
}
