/** Rows in the sampler's form: a dense row in its memory, or the best classes with their log-probabilities. */
import { asClasses, type TaskRow } from "../../analysis/tasks/task.ts";
import { readConfig } from "../../config/config.ts";
import { Problem } from "../../errors.ts";
import type { WatermarkKeys } from "../../sampling/draw/watermark/keys.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import { createSampler, type Sampler } from "../../sampling/sampler.ts";
import type { Fields } from "./analysis.ts";

/** Rows up to this length use the first sampler. */
const LENGTH_MIN = 1024;

/** Provides a sampler that is large enough for each row, with the row in its form. */
export class RowSampler {
  readonly #keys: () => WatermarkKeys;
  #sampler: Sampler | undefined;
  #length_max = 0;

  constructor(keys: () => WatermarkKeys) {
    this.#keys = keys;
  }

  /** Ids from `vocab_size` on are padding. */
  with<Result>(
    { values, tail }: TaskRow,
    vocab_size: number | undefined,
    use: (sampler: Sampler, row: LogitsRow) => Result,
  ): Result {
    if (tail !== undefined) {
      const length = values.length + tail.count;
      const token_ids = Int32Array.from(tail.ids);
      // Kept log-probabilities are those of the whole row, so its ln Σ exp is 0.
      return use(this.#sized(length), { token_ids, values, vocab_size: length, logsumexp: 0 });
    }
    const classes = asClasses(values);
    const sampler = this.#sized(classes.length);
    return withRow(sampler, classes, vocab_size, (row) => use(sampler, row));
  }

  #sized(length: number): Sampler {
    if (this.#sampler === undefined || length > this.#length_max) {
      this.#length_max = Math.max(LENGTH_MIN, length);
      const limits = { vocab_size_max: this.#length_max, rows_max: 1 };
      this.#sampler = createSampler(limits, undefined, { keys: this.#keys() });
    }
    return this.#sampler;
  }
}

/** Copies values to the only row of a sampler for one call. Ids from `vocab_size` on are padding. */
export function withRow<Result>(
  sampler: Sampler,
  values: ArrayLike<number>,
  vocab_size: number | undefined,
  use: (row: LogitsRow) => Result,
): Result {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Problem("internal_error", "the one row of this sampler is leased");
  try {
    row.load(values);
    row.finish(vocab_size);
    return use(row);
  } finally {
    sampler.returnRow(row);
  }
}

/** The step options in a row's own fields. They are checked like those of a request. */
export function fieldsOf(options: Fields, { history }: TaskRow): Fields {
  if (history === undefined) return options;
  if (options["history"] !== undefined)
    throw new Problem(
      "option_conflict",
      "a history must come with the rows or with the options, got both",
      "/history",
    );
  const { token_ids, prompt_length } = history;
  return { ...options, history: Array.from(token_ids), prompt_length };
}

/** The same keys as in the service: those of WATERMARK_KEYS_FILE. */
export function configuredKeys(): WatermarkKeys {
  return readConfig(process.env).watermark_keys;
}
