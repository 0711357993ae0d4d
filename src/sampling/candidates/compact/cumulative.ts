/**
 * The inverse of a cumulative distribution that is given as weights. All sums run in index order, so that one draw
 * and many draws find the same indices.
 */

/**
 * The first index at which the running sum of the weights exceeds u · total (0 < u < 1). If rounding passes the end,
 * the last index with a weight above 0.
 */
export function drawPlace(weights: Float64Array, count: number, total: number, u: number): number {
  const target = u * total;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i]!;
    last = i;
    if (sum > target) break;
  }
  return last;
}

/** `drawPlace` for each uniform: the running sums are computed once and then searched. */
export function drawPlaces(weights: Float64Array, count: number, uniforms: readonly number[]): number[] {
  const sums = new Float64Array(count);
  let total = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    total += weights[i]!;
    sums[i] = total;
    if (weights[i] !== 0) last = i;
  }
  return uniforms.map((u) => Math.min(last, firstAbove(sums, u * total)));
}

/**
 * The first index of an ascending list whose value is above the bound; the list's length when there is none.
 */
function firstAbove(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Number of weights in a block. A draw walks the sums of the blocks, and then the weights of one block. */
const BLOCK = 512;

/**
 * One index for each uniform, without repeats (at most as many as have a weight). Each is drawn from the remaining
 * weights, which are set to 0 as they are drawn. Up to 512 weights the sums are those of `drawPlace`. Beyond that
 * they are sums of sums, so that n draws cost n · (count / 512 + 1024) and not n · count.
 */
export function drawDistinctPlaces(
  weights: Float64Array,
  count: number,
  uniforms: readonly number[],
): number[] {
  const sums = new Float64Array(Math.max(1, Math.ceil(count / BLOCK)));
  const resum = (block: number) => {
    let sum = 0;
    const end = Math.min(count, (block + 1) * BLOCK);
    for (let i = block * BLOCK; i < end; i++) sum += weights[i]!;
    sums[block] = sum;
  };
  for (let block = 0; block < sums.length; block++) resum(block);
  return uniforms.map((u) => {
    const place = drawInBlocks(weights, count, sums, u);
    weights[place] = 0;
    resum(Math.floor(place / BLOCK));
    return place;
  });
}

function drawInBlocks(weights: Float64Array, count: number, sums: Float64Array, u: number): number {
  let total = 0;
  for (let block = 0; block < sums.length; block++) total += sums[block]!;
  const target = u * total;
  let chosen = 0;
  let before = 0;
  let after = 0;
  for (let block = 0; block < sums.length && after <= target; block++) {
    if (sums[block] === 0) continue;
    chosen = block;
    before = after;
    after += sums[block]!;
  }
  const end = Math.min(count, (chosen + 1) * BLOCK);
  let last = chosen * BLOCK;
  for (let i = last; i < end && before <= target; i++) {
    if (weights[i] === 0) continue;
    before += weights[i]!;
    last = i;
  }
  return last;
}
