/**
 * Checks whether an engine's own sampler does what its options say. At each step it compares the result of the engine's
 * sampler with what the engine's preset makes of the same row.
 */

import { allAtOnce } from "../../pieces.ts";
import { explainRow, lookWith } from "../../sampling/explain/explain.ts";
import { type Fit, fitOf, type Observed, observedIds } from "../../sampling/explain/observed.ts";
import { parseStepOptions } from "../../sampling/options/step-options.ts";
import { PRESETS } from "../../sampling/presets/index.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { StepOptions } from "../../sampling/step.ts";
import { type CallOptions, type Engine, EngineError, type EngineOptions } from "../engine.ts";
import { countDraws, type DrawsSeen } from "./draws.ts";
import { type StepSeen, seenSteps } from "./steps.ts";
import { otherValues } from "./values.ts";

export interface AuditPlan {
  readonly prompt: readonly number[];
  /** the engine's options under our names */
  readonly options: EngineOptions;
  /** the preset's own defaults, which are sent too: the server may have been started with others */
  readonly defaults: EngineOptions;
  /** number of tokens of the engine's own text to check */
  readonly steps: number;
  /** tokens drawn after the prompt, with seeds 1, 2, … */
  readonly draws: number;
  readonly seed: number;
}

/** A row as the sampler takes it, valid for a short time. */
export type Lend = <Result>(step: StepSeen, use: (sampler: Sampler, row: LogitsRow) => Result) => Result;

export interface StepJudged extends Fit {
  readonly index: number;
  readonly token_id: number;
  /** number of tokens that can be drawn after the engine's sampler, and after ours */
  readonly kept: number | null;
  readonly kept_expected: number;
  /** whether the engine could have drawn its token */
  readonly is_possible: boolean;
  /** true when the difference is a float32 rounding of a bound: one token beside the cut */
  readonly is_rounding: boolean;
  /** the largest |p − q| of a token; null when the engine reports no probabilities */
  readonly largest: number | null;
}

export interface Reason extends Fit {
  /** a sentence without a full stop: "as if top_p came before temperature" */
  readonly says: string;
  /** the stage that makes the difference; null: the reason is not a stage */
  readonly stage: string | null;
  /** number of differing steps that it explains fully */
  readonly steps: number;
}

export interface AuditReport {
  readonly engine: {
    readonly url: string;
    readonly kind: string;
    readonly version: string | null;
    readonly model: string;
  };
  readonly preset: string;
  readonly options: EngineOptions;
  /** false when a difference is left that options, chance and rounding do not explain */
  readonly agrees: boolean;
  /** whether the engine reported the probabilities after its sampler; if not, only its draws are judged */
  readonly tells_processed: boolean;
  /** whether the engine reported whole rows; if not, its best tokens stand for the row */
  readonly has_whole_rows: boolean;
  readonly steps: readonly StepJudged[];
  /** the largest distance between the engine's distribution and ours, ½ Σ |p − q|; null when the engine reports none */
  readonly distance: number | null;
  readonly reasons: readonly Reason[];
  readonly draws: DrawsSeen | null;
  /** further findings, as sentences */
  readonly notes: readonly string[];
}

/** The distance ½ Σ |p − q| that float32 rounding of log-probabilities causes after a bias and a temperature. */
const TOLERANCE = 1e-4;
/** Options whose bound is a sum or a product of probabilities, and the relative error of that bound in float32. */
const BOUNDS = ["top_p", "min_p", "typical_p"] as const;
const ROUNDING = 5e-5;
/** Reasons that are told. */
const REASONS_MAX = 5;
/** Maximum steps whose reasons are searched. */
const EXPLAINED_MAX = 4;

export async function audit(
  engine: Engine,
  plan: AuditPlan,
  lend: Lend,
  call: CallOptions = {},
): Promise<AuditReport> {
  const options = { preset: engine.preset, ...plan.options };
  const checked = parseStepOptions(options);
  requireShiftless(engine, checked);
  const seen: StepSeen[] = [];
  const sent = { ...plan, options: { ...plan.defaults, ...plan.options } };
  for await (const step of seenSteps(engine, sent, call)) seen.push(step);
  const first = seen[0];
  if (first === undefined) throw new EngineError(`an audit needs at least one step, got ${plan.steps}`);
  const judge = new Judge(lend, options, sent.options);
  const draws = plan.draws === 0 ? null : await countDraws(engine, sent, judge.law(first), call);
  const steps = seen.map((step, index) => judge.step(step, index));
  const different = seen.filter((_, index) => steps[index]?.agrees === false);
  const observations = different.map((step) => [step, judge.observed(step)] as const);
  if (draws !== null && draws.fit.agrees === false) observations.push([first, { counts: draws.counts }]);
  const reasons = judge.reasons(observations);
  const distances = steps.filter(({ largest }) => largest !== null).map(({ distance }) => distance);
  const agrees = observations.length === 0 && (draws?.repeated.agree ?? true);
  return {
    engine: {
      url: engine.url,
      kind: engine.kind,
      version: engine.facts.version ?? null,
      model: engine.facts.model,
    },
    preset: engine.preset,
    options: sent.options,
    agrees,
    tells_processed: first.processed !== undefined,
    has_whole_rows: seen.every(({ row }) => row.is_whole),
    steps,
    distance: distances.length === 0 ? null : Math.max(...distances),
    reasons,
    draws,
    notes: [...notesOf(seen, steps, checked), ...knownOf(engine.preset, reasons)],
  };
}

/**
 * Log-probabilities do not show where the logits had zero, so stages that use the sign of a logit cannot be recomputed.
 */
function requireShiftless(engine: Engine, { chain }: StepOptions): void {
  const found = chain.find(
    ({ stage, options, skipped }) => skipped === undefined && stage.looksAtZero?.(options) === true,
  );
  if (found === undefined) return;
  throw new EngineError(
    `${found.stage.name} looks at the sign of logits, and ${engine.url} tells log-probabilities, which do not have it: leave it out of the audit`,
  );
}

type Sighting = readonly [step: StepSeen, observed: Observed];

class Judge {
  readonly #lend: Lend;
  readonly #given: EngineOptions;
  readonly #holding: EngineOptions;

  /** `holding`: the given options and the defaults, each of which may have another value in the engine. */
  constructor(lend: Lend, given: EngineOptions, holding: EngineOptions) {
    this.#lend = lend;
    this.#given = given;
    this.#holding = holding;
  }

  /** The probabilities of the tokens that our sampler keeps of a row. */
  law(step: StepSeen): ReadonlyMap<number, number> {
    const ids = [...step.row.token_ids];
    const { probabilities } = this.#look(step, this.#given, ids) ?? { probabilities: [] };
    const law = new Map<number, number>();
    for (const [place, p] of probabilities.entries()) if (p > 0) law.set(ids[place] as number, p);
    return law;
  }

  observed({ processed = new Map() }: StepSeen): Observed {
    return { probabilities: processed, tolerance: TOLERANCE };
  }

  step(step: StepSeen, index: number): StepJudged {
    const law = this.law(step);
    const { processed, token_id } = step;
    const is_possible = (law.get(token_id) ?? 0) > 0;
    const kept_expected = law.size;
    if (processed === undefined)
      return {
        index,
        token_id,
        kept: null,
        kept_expected,
        is_possible,
        is_rounding: false,
        largest: null,
        // Greedy and short lists leave no doubt; a distribution needs many draws.
        distance: is_possible ? 0 : 1,
        agrees: is_possible || !step.row.is_whole,
      };
    const both = new Map([...law.keys()].map((id) => [id, processed.get(id) ?? 0] as const));
    for (const [id, p] of processed) both.set(id, p);
    const sighting: Sighting = [step, { probabilities: both, tolerance: TOLERANCE }];
    const fit = this.#fit([sighting], this.#given) ?? { distance: 1, agrees: false };
    const is_rounding = !fit.agrees && this.#isRounding(sighting);
    let largest = 0;
    for (const [id, p] of both) largest = Math.max(largest, Math.abs(p - (law.get(id) ?? 0)));
    const { distance } = fit;
    const agrees = fit.agrees || is_rounding;
    return {
      index,
      token_id,
      kept: processed.size,
      kept_expected,
      is_possible: is_possible || is_rounding,
      is_rounding,
      largest,
      distance,
      agrees,
    };
  }

  /** True when a float32 rounding error of a bound explains the step. */
  #isRounding(sighting: Sighting): boolean {
    return BOUNDS.some((option) => {
      const value = this.#holding[option];
      if (typeof value !== "number") return false;
      return [value - ROUNDING, value + ROUNDING]
        .filter((other) => other >= 0 && other <= 1)
        .some((other) => this.#fit([sighting], { ...this.#given, [option]: other })?.agrees === true);
    });
  }

  /** The explanations of the sightings, the one that explains most first. */
  reasons(sightings: readonly Sighting[]): Reason[] {
    if (sightings.length === 0) return [];
    const base = this.#fit(sightings, this.#given) ?? { distance: 1, agrees: false };
    const fits = (option: string, value: number) => this.#fit(sightings, { ...this.#given, [option]: value });
    const values = otherValues(this.#holding, fits, base).map(
      ({ option, asked: value, value: other, ...fit }): Reason => ({
        says: `as if ${option} were ${other}, where ${value} was asked`,
        stage: option,
        steps: fit.agrees ? sightings.length : 0,
        ...fit,
      }),
    );
    const reasons = [...values, ...this.#explained(sightings.slice(0, EXPLAINED_MAX))];
    return reasons
      .sort((a, b) => b.steps - a.steps || Number(b.agrees) - Number(a.agrees) || a.distance - b.distance)
      .slice(0, REASONS_MAX);
  }

  #explained(sightings: readonly Sighting[]): Reason[] {
    const by_sentence = new Map<string, Reason>();
    for (const [step, observed] of sightings) {
      const { explanations } = this.#lend(step, (sampler, row) =>
        explainRow(sampler, row, this.#options(step, this.#given), observed),
      );
      for (const { says, stage, distance, agrees } of explanations) {
        const before = by_sentence.get(says);
        by_sentence.set(says, {
          says,
          stage,
          steps: (before?.steps ?? 0) + (agrees ? 1 : 0),
          distance: Math.max(before?.distance ?? 0, distance),
          agrees: agrees && (before?.agrees ?? true),
        });
      }
    }
    return [...by_sentence.values()];
  }

  /** The worst fit of these options over all sightings. */
  #fit(sightings: readonly Sighting[], given: EngineOptions): Fit | undefined {
    const all = { distance: 0, agrees: true };
    for (const [step, observed] of sightings) {
      const looked = this.#look(step, given, observedIds(observed));
      if (looked === undefined) return undefined;
      const fit = fitOf(observed, looked);
      all.distance = Math.max(all.distance, fit.distance);
      all.agrees &&= fit.agrees;
    }
    return all;
  }

  #look(step: StepSeen, given: EngineOptions, token_ids: readonly number[]) {
    return this.#lend(step, (sampler, row) =>
      allAtOnce(lookWith(sampler, row)(this.#options(step, given), token_ids)),
    );
  }

  #options({ history }: StepSeen, given: EngineOptions): StepOptions {
    return parseStepOptions({ ...given, history, prompt_length: history.length });
  }
}

function notesOf(seen: readonly StepSeen[], steps: readonly StepJudged[], { chain }: StepOptions): string[] {
  const notes: string[] = [];
  if (chain.some(({ stage, skipped }) => stage.looksBack === true && skipped === undefined))
    notes.push(
      "each step is a request of its own, so all tokens before it are prompt: penalties that count generated tokens alone have none to count",
    );
  if (seen.some(({ row }) => !row.is_whole))
    notes.push("the engine tells a part of each row: what lies outside of it counts as masked");
  if (seen.every(({ processed }) => processed === undefined))
    notes.push("the engine does not tell the probabilities behind its sampler: its draws are judged");
  const impossible = steps.filter(({ is_possible }) => !is_possible).length;
  if (impossible > 0)
    notes.push(`${impossible} of ${steps.length} tokens that it drew have no probability by these options`);
  return notes;
}

/** The preset's notes on the stages in the reasons: known choices and limits of the host. */
function knownOf(preset: string, reasons: readonly Reason[]): string[] {
  const { notes = [] } = PRESETS.find(({ name }) => name === preset) ?? {};
  const stages = reasons.map(({ stage }) => stage).filter((stage) => stage !== null);
  const names = stages.flatMap((stage) => [stage, stage.replaceAll("_", "-")]);
  return notes.filter((note) => names.some((name) => note.includes(name))).map((note) => `known: ${note}`);
}
