/**
 * A calibration as shards do it: each part sums its own rows, and the sums are saved as text and merged, round after
 * round.
 */
import {
  afterRound,
  type CalibrationReport,
  type CalibrationState,
  CalibrationTally,
  type RoundOptions,
  startCalibration,
} from "../../../src/analysis/calibration/round.ts";
import type { RowReader } from "../../../src/analysis/row-reader.ts";

interface Dealt {
  readonly rows: readonly Parameters<CalibrationTally["take"]>[0][];
  readonly reader: RowReader;
  readonly parts: number;
  /** which part has a row */
  readonly partOf: (r: number) => number;
  readonly rounds_max: number;
}

export function inRounds(
  options: RoundOptions,
  { rows, reader, parts, partOf, rounds_max }: Dealt,
): CalibrationReport {
  let at: CalibrationState = startCalibration();
  for (let round = 0; round < rounds_max; round++) {
    const tallies = Array.from({ length: parts }, () => new CalibrationTally(at, options));
    for (const [r, row] of rows.entries()) tallies[partOf(r)]!.take(row, reader);
    const merged = new CalibrationTally(at, options);
    for (const tally of tallies.reverse()) merged.merge(JSON.parse(JSON.stringify(tally.save())));
    const outcome = afterRound(at, merged, options);
    if ("report" in outcome) return outcome.report;
    at = JSON.parse(JSON.stringify(outcome.next)) as CalibrationState;
  }
  throw new Error(`no report after ${rounds_max} rounds`);
}
