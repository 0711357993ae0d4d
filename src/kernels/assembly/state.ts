/**
 * Where the scratch areas lie. They are shared by all rows, because the passes run one after another;
 * nothing in them outlives the next call except the block sums that `draw` reads.
 */

/** 128 f32: a block with the elements outside the window taken out, or scaled for an extreme temperature */
export let block_values: usize = 0;
/** 128 f32: the weights of one block */
export let block_weights: usize = 0;
/** one f64 per block: the mass of its survivors */
export let block_sums: usize = 0;
/** 2,048 f64 */
export let bins: usize = 0;
/** one f32 per block, for the k-th largest block maximum */
export let heap: usize = 0;
/** CANDIDATES_MAX i32, f32, and twice u64 */
export let selected_ids: usize = 0;
export let selected_logits: usize = 0;
export let sort_keys: usize = 0;
export let sort_spare: usize = 0;

export function configure(
  blockValues: usize,
  blockWeights: usize,
  blockSums: usize,
  binsAt: usize,
  heapAt: usize,
  selectedIds: usize,
  selectedLogits: usize,
  sortKeys: usize,
  sortSpare: usize,
): void {
  block_values = blockValues;
  block_weights = blockWeights;
  block_sums = blockSums;
  bins = binsAt;
  heap = heapAt;
  selected_ids = selectedIds;
  selected_logits = selectedLogits;
  sort_keys = sortKeys;
  sort_spare = sortSpare;
}
