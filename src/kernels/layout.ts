/**
 * The layout of the one fixed WebAssembly.Memory.
 *
 *     0 64 KiB of the module's own constants
 *     65536 scratch, shared by all rows because passes run one after another:
 *              block values · block weights · bins · block sums · selection · sort keys · staging · arrivals ·
 *              table · counts · bracket · mask · copy of a row · edits · tokens · list of scores ·
 *              bins of a row · table of sources · combined row · masked sources
 *     … rows_max rows, each: values (vocab_size_max rounded up to 128, f32) · 64 bytes of slack ·
 *              block maxima (f32), and one place more
 *
 * The memory never grows, because growing would detach every view. Untouched pages cost nothing.
 */

/** elements in a block, the unit of block maxima and block sums */
export const BLOCK = 128;
/** longest selection that leaves the kernel */
export const SELECTION_MAX = 4096;
/** longest list of candidates inside the kernel, before the best SELECTION_MAX of them are kept */
export const CANDIDATES_MAX = 16384;
/** bytes that pass through the staging area at a time, when elements have to be widened or parsed */
export const STAGING_BYTES = 65536;
/** bytes that may be read at once, to be appended to a row from where they stand */
export const ARRIVALS_BYTES = 262_144;
/** ids of a history that are processed at a time */
export const HISTORY_CHUNK = 16384;
/** maximum number of rows in a combination */
export const SOURCES_MAX = 8;
/** bytes of the description of each combined row */
export const SOURCE_BYTES = 32;
/** maximum number of penalties that are applied together */
export const RULES_MAX = 8;
export const BINS = 2048;
/** bins of a whole row by value */
export const ROW_BINS = 2048;
/** bins of the sampled histogram, and of the bracket's */
export const SAMPLE_BINS = 1024;

const PAGE_BYTES = 65536;
const ALIGNMENT = 128;

/** The capacity of a kernel. */
export interface KernelLimits {
  /** longest row, in elements: 1 to 1,048,576 */
  readonly vocab_size_max: number;
  /** number of rows that can be leased at once, 1 or more */
  readonly rows_max: number;
}

/** Byte addresses. */
export interface Layout {
  readonly block_values: number;
  readonly block_scaled: number;
  readonly block_weights: number;
  readonly bins: number;
  /** block sums of the last normaliser, and apart from them those of the last top-p */
  readonly sums: number;
  readonly cut_sums: number;
  readonly selected_ids: number;
  readonly selected_logits: number;
  readonly sort_keys: number;
  readonly sort_spare: number;
  readonly staging: number;
  readonly arrivals: number;
  /** 8 f64 */
  readonly results: number;
  readonly bit_positions: number;
  readonly counts: number;
  readonly bracket_counts: number;
  readonly bracket_lanes: number;
  readonly bracket_values: number;
  readonly bracket_weights: number;
  /** i16 each */
  readonly bracket_bins: number;
  /** the weights of a whole row, f32 */
  readonly row_weights: number;
  readonly mask_words: number;
  /** a row's values and block maxima, for edits that change much of it */
  readonly copy: number;
  /** entries of 8 bytes, vocab_size_max of them */
  readonly journal: number;
  readonly edit_marks: number;
  readonly edit_marked: number;
  readonly saved_maxima: number;
  /** the first id past every row: a place in the slack after the values */
  readonly spare_id: number;
  /** tokens and f64 amounts of one edit */
  readonly list_ids: number;
  readonly list_amounts: number;
  /** four f64 each, RULES_MAX of them */
  readonly rules: number;
  /** i32 by token id */
  readonly token_table: number;
  /** ids of a history, HISTORY_CHUNK at a time */
  readonly history: number;
  /** i32 each, and room for a few more */
  readonly token_ids: number;
  readonly token_counts: number;
  readonly later_counts: number;
  /** a list of tokens: i32; scores and their weights, f64, with room for one more; and u64 to rank by, twice */
  readonly listed_ids: number;
  readonly listed_scores: number;
  readonly listed_weights: number;
  readonly rank_keys: number;
  readonly rank_spare: number;
  /** of a row in ROW_BINS bins: i32, and two f64 each */
  readonly row_bin_counts: number;
  readonly row_bin_sums: number;
  /** descriptions of the combined rows; the resulting row; and room for as many masked rows */
  readonly sources: number;
  readonly combined: number;
  readonly masked: number;
  /** of the first row; the next ones follow every `row_bytes` */
  readonly rows: number;
  readonly row_bytes: number;
  /** from a row's values to its block maxima */
  readonly maxima_offset: number;
  readonly pages: number;
}

export function layoutFor(limits: KernelLimits): Layout {
  const blocks = Math.ceil(limits.vocab_size_max / BLOCK);
  let next = PAGE_BYTES;
  const take = (bytes: number): number => {
    const address = next;
    next = alignUp(next + bytes, ALIGNMENT);
    return address;
  };
  const scratch = {
    block_values: take(BLOCK * 4),
    block_scaled: take(BLOCK * 4),
    block_weights: take(BLOCK * 4),
    bins: take(BINS * 8),
    sums: take(blocks * 8),
    cut_sums: take(blocks * 8),
    selected_ids: take(CANDIDATES_MAX * 4),
    selected_logits: take(CANDIDATES_MAX * 4),
    sort_keys: take(CANDIDATES_MAX * 8),
    sort_spare: take(CANDIDATES_MAX * 8),
    staging: take(STAGING_BYTES + 64),
    arrivals: take(ARRIVALS_BYTES + 64),
    results: take(64),
    bit_positions: take(256 * 8),
    counts: take((SAMPLE_BINS + 8) * 4),
    bracket_counts: take(blocks),
    bracket_lanes: take(blocks * BLOCK + 64),
    bracket_values: take(blocks * BLOCK * 4 + 64),
    bracket_weights: take(blocks * BLOCK * 4 + 64),
    bracket_bins: take(blocks * BLOCK * 2 + 64),
    row_weights: take(blocks * BLOCK * 4),
    mask_words: take(blocks * (BLOCK / 8)),
    copy: take(rowBytes(blocks)),
    journal: take(limits.vocab_size_max * 8 + 64),
    edit_marks: take(blocks),
    edit_marked: take(blocks * 4),
    saved_maxima: take(blocks * 4),
    list_ids: take(limits.vocab_size_max * 4 + 16),
    list_amounts: take(limits.vocab_size_max * 8 + 32),
    rules: take(RULES_MAX * 32),
    token_table: take(limits.vocab_size_max * 4),
    history: take(HISTORY_CHUNK * 4 + 16),
    token_ids: take(limits.vocab_size_max * 4 + 16),
    token_counts: take(limits.vocab_size_max * 4 + 16),
    later_counts: take(limits.vocab_size_max * 4 + 16),
    listed_ids: take(blocks * BLOCK * 4),
    listed_scores: take(blocks * BLOCK * 8 + 8),
    listed_weights: take(blocks * BLOCK * 8 + 8),
    rank_keys: take(blocks * BLOCK * 8),
    rank_spare: take(blocks * BLOCK * 8),
    row_bin_counts: take(ROW_BINS * 4),
    row_bin_sums: take(ROW_BINS * 16),
    sources: take(SOURCES_MAX * SOURCE_BYTES),
    combined: take(rowBytes(blocks)),
    masked: take(SOURCES_MAX * rowBytes(blocks)),
  };
  const row_bytes = rowBytes(blocks);
  const maxima_offset = maximaOffset(blocks);
  const pages = Math.ceil((next + row_bytes * limits.rows_max) / PAGE_BYTES);
  return { ...scratch, spare_id: blocks * BLOCK, rows: next, row_bytes, maxima_offset, pages };
}

function maximaOffset(blocks: number): number {
  return alignUp(blocks * BLOCK * 4 + 64, ALIGNMENT);
}

function rowBytes(blocks: number): number {
  return alignUp(maximaOffset(blocks) + alignUp(blocks + 1, 4) * 4, ALIGNMENT);
}

function alignUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
