/** Searches many texts for a watermark, with the same keys as the service. */
import { DetectTally, KeysTally } from "../../analysis/tallies/detect-tally.ts";
import type { ResultList, TaskText } from "../../analysis/tasks/task.ts";
import { Problem } from "../../errors.ts";
import { WatermarkReader } from "../../sampling/draw/watermark/detect.ts";
import { requireKey } from "../../sampling/draw/watermark/keys.ts";
import { parseTest } from "../../sampling/draw/watermark/test-options.ts";
import type { Analysis, Fields, Running } from "./analysis.ts";
import { configuredKeys } from "./drawing.ts";

export const DETECT: Analysis = {
  name: "detect",
  begin(all_fields, _state, results) {
    const { keys, unmarked = false, tried = 1, ...fields } = all_fields as OwnFields; // as detect.ts makes them
    if (keys !== undefined) return severalKeys(keys, unmarked, tried, fields, results);
    const tally = new DetectTally(unmarked);
    let reader: WatermarkReader | undefined;
    return {
      tally,
      take({ text }) {
        const checked = requireText(text);
        // Sums are merged without keys.
        reader ??= readerOf(fields);
        const found = corrected(reader.detect(checked), tried);
        tally.add(found);
        results.push(found);
      },
      outcome: () => ({ report: tally.report() }),
    };
  },
};

/** Fields of the command, in addition to those of /v1/watermark/detect. */
interface OwnFields extends Fields {
  readonly keys?: readonly string[];
  readonly unmarked?: boolean;
  readonly tried?: number;
}

/**
 * The smallest p-value of k configurations is below p with a probability of at most k·p (Bonferroni), however they
 * depend on each other.
 */
function corrected<Found extends { readonly p_value: number }>(found: Found, tried: number): Found {
  return tried === 1 ? found : { ...found, p_value: Math.min(1, tried * found.p_value) };
}

function severalKeys(
  keys: readonly string[],
  unmarked: boolean,
  tried: number,
  fields: Fields,
  results: ResultList,
): Running {
  const tally = new KeysTally(keys, unmarked);
  let readers: readonly (readonly [string, WatermarkReader])[] | undefined;
  return {
    tally,
    take({ text }) {
      const checked = requireText(text);
      readers ??= keys.map((key) => [key, readerOf({ ...fields, key })] as const);
      const of_keys = readers.map(([key, reader]) => {
        const found = corrected(reader.detect(checked), tried);
        tally.of(key).add(found);
        return { key, ...found };
      });
      results.push({ keys: of_keys });
    },
    outcome: () => ({ report: tally.report() }),
  };
}

/** The fields of /v1/watermark/detect without its texts. */
function readerOf({ vocab_size, ...rest }: Fields): WatermarkReader {
  const { scheme, options } = parseTest(rest);
  const key = requireKey(configuredKeys(), options.key, "/key");
  const detector = scheme.detector(options, key, vocab_size as number | undefined); // a count, as --vocab-size reads it
  return new WatermarkReader(detector, scheme.context(options), "once");
}

function requireText(text: TaskText | undefined): TaskText {
  if (text === undefined)
    throw new Problem(
      "invalid_option",
      "a text is needed, token_ids without logprobs, got a row of logits",
      "/token_ids",
    );
  const { token_ids, prompt_length } = text;
  if (!Number.isInteger(prompt_length) || prompt_length < 0 || prompt_length > token_ids.length) {
    const detail = `prompt_length must lie in [0, ${token_ids.length}], got ${prompt_length}`;
    throw new Problem("invalid_option", detail, "/prompt_length");
  }
  for (let i = 0; i < token_ids.length; i++) {
    const id = token_ids[i] as number;
    if (Number.isInteger(id) && id >= 0) continue;
    throw new Problem(
      "token_id_out_of_range",
      `a token id must be a whole number, got ${id}`,
      `/token_ids/${i}`,
    );
  }
  return text;
}
