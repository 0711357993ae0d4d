/** Replays logged steps: checks whether the token of each row is the one that its options, seed and step give. */

import { ReplayTally } from "../../analysis/tallies/replay-tally.ts";
import { allAtOnce } from "../../pieces.ts";
import { DEFAULT_OPTION_LIMITS } from "../../sampling/options/option-limits.ts";
import { divergenceOf, parseReplay, replay } from "../../sampling/replay.ts";
import type { Analysis } from "./analysis.ts";
import { configuredKeys, fieldsOf, RowSampler } from "./drawing.ts";

export const REPLAY: Analysis = {
  name: "replay",
  begin(fields, _state, results) {
    const options = parseReplay(fields, DEFAULT_OPTION_LIMITS);
    const tally = new ReplayTally();
    const sampler = new RowSampler(configuredKeys);
    return {
      tally,
      take(row, index) {
        // The token is a field of the row; the replay needs the other fields.
        const claim = { ...options.claim, token_id: row.target as number | undefined };
        const asked =
          row.history === undefined ? options : parseReplay(fieldsOf(fields, row), DEFAULT_OPTION_LIMITS);
        const of_row = { ...asked, step: row.step ?? index, claim };
        const replayed = sampler.with(row, options.vocab_size, (of, logits) =>
          allAtOnce(of.inspect(logits, of_row, (left) => replay(left, of_row))),
        );
        tally.add(replayed, divergenceOf(replayed, claim));
        results.push(replayed);
      },
      outcome: () => ({ report: tally.report() }),
    };
  },
};
