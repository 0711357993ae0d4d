/**
 * Addresses of the scratch areas. All rows share them, because the passes run one after another. Their
 * contents are valid until the next call, except the block sums that `draw` reads.
 */

/** 128 f32: a block with the elements outside the window taken out, or scaled for an extreme temperature */
export let block_values: usize = 0;
/** 128 f32: a block as y, when that is not x */
export let block_scaled: usize = 0;
/** 128 f32: the weights of one block */
export let block_weights: usize = 0;
/** 2,048 f64 */
export let bins: usize = 0;
/** CANDIDATES_MAX i32, f32, and twice u64 */
export let selected_ids: usize = 0;
export let selected_logits: usize = 0;
export let sort_keys: usize = 0;
export let sort_spare: usize = 0;

/** for each byte, the positions of its set bits, lowest first: 256 times 8 bytes */
export let bit_positions: usize = 0;
/** the bracket: per block how many (u8), then one after another the place in its block (u8), and f32 and i32 */
export let bracket_counts: usize = 0;
export let bracket_lanes: usize = 0;
export let bracket_values: usize = 0;
export let bracket_weights: usize = 0;
/** i16 each: the bins of the bracket's values */
export let bracket_bins: usize = 0;
/** f32 for each place of a row: the weights of the whole row that `weighRow` was last called for */
export let row_weights: usize = 0;
/** 8 f64: further results of a pass besides its return value */
export let results: usize = 0;
/** 1,032 i32 */
export let counts: usize = 0;

/** Sets the address of the bracket, and fills the table. */
export function configureBracket(
  bitPositions: usize,
  bracketCounts: usize,
  bracketLanes: usize,
  bracketValues: usize,
  bracketWeights: usize,
  countsAt: usize,
  resultsAt: usize,
  rowWeights: usize,
  bracketBins: usize,
): void {
  bit_positions = bitPositions;
  bracket_counts = bracketCounts;
  bracket_lanes = bracketLanes;
  bracket_values = bracketValues;
  bracket_weights = bracketWeights;
  counts = countsAt;
  results = resultsAt;
  row_weights = rowWeights;
  bracket_bins = bracketBins;
  for (let byte = 0; byte < 256; byte++) {
    let at = bit_positions + ((<usize>byte) << 3);
    for (let rest = byte; rest != 0; rest &= rest - 1) store<u8>(at++, <u8>ctz(rest));
  }
}

export function configure(
  blockValues: usize,
  blockScaled: usize,
  blockWeights: usize,
  binsAt: usize,
  selectedIds: usize,
  selectedLogits: usize,
  sortKeys: usize,
  sortSpare: usize,
): void {
  block_values = blockValues;
  block_scaled = blockScaled;
  block_weights = blockWeights;
  bins = binsAt;
  selected_ids = selectedIds;
  selected_logits = selectedLogits;
  sort_keys = sortKeys;
  sort_spare = sortSpare;
}
