/** The calibrate view's requests to the service: a temperature, decisions at a threshold, and diagnoses. */
import { computed, effect, signal, untracked } from "@preact/signals";
import { Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { RowError } from "../rows/row.ts";
import { binning, bins, chosen_set, own_text, type SetId, threshold } from "../state/calibration.ts";
import { followLatest } from "../state/latest.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import { postRows } from "./post-rows.ts";
import { loadSet, type RowSet } from "./sets.ts";
import type { CalibrateReply, DiagnoseReply, Diagnosis, ProbabilitiesReply, Quality } from "./wire.ts";

export interface Fitted {
  readonly set: RowSet;
  readonly reply: CalibrateReply;
  /** of the test rows, unchanged and calibrated, in these bins */
  readonly quality: readonly [before: Quality, after: Quality];
  readonly bins: number;
  readonly binning: string;
  /** of the test rows, unchanged and calibrated */
  readonly diagnoses: readonly [before: readonly Diagnosis[], after: readonly Diagnosis[]];
  readonly suspicion: Suspicion | undefined;
}

/** The share of clean and of perturbed rows that a baseline of clean rows finds suspicious. */
export interface Suspicion {
  readonly clean: number;
  readonly perturbed: number;
}

/** The results of the test rows at the threshold. */
export interface Fared {
  readonly right: number;
  readonly wrong: number;
  readonly none: number;
}

export const fitted = signal<Fitted | undefined>(undefined);
export const decided = signal<readonly [before: Fared, after: Fared] | undefined>(undefined);
export const problem = signal<ProblemBody | undefined>(undefined);
export const set_error = signal("");
/** the displayed answer belongs to an earlier choice */
export const is_stale = computed(() => problem.value !== undefined || set_error.value !== "");

/** Follows the choices while the view is shown; returns a function that ends this. */
export function followChoices(): () => void {
  const refit = followLatest(fitOnce);
  const decide = followLatest(decideOnce);
  const ends = [
    effect(() => {
      const choice = { id: chosen_set.value, text: own_text.value, bins: bins.value, binning: binning.value };
      untracked(() => refit(choice));
    }),
    effect(() => {
      const [of, at] = [fitted.value, threshold.value];
      if (of !== undefined) untracked(() => decide({ of, at }));
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

interface Choice {
  readonly id: SetId;
  readonly text: string;
  readonly bins: number;
  readonly binning: string;
}

async function fitOnce({ id, text, ...options }: Choice): Promise<void> {
  await told(async () => {
    const set = await loadSet(id, text);
    const reply = await post<CalibrateReply>("calibrate", set.validation, { ...options, resamples: 200 });
    const quality = set.is_held_out
      ? await qualityOf(set.test, reply.calibration.temperature, options)
      : ([reply.before, reply.after] as const);
    const diagnoses = await Promise.all([
      post<DiagnoseReply>("diagnose", set.test, {}),
      post<DiagnoseReply>("diagnose", set.test, { calibration: reply.calibration }),
    ]);
    const [before, after] = diagnoses.map(({ results }) => results);
    const suspicion = set.perturbed && (await suspicionOf(set.validation, set.test, set.perturbed));
    fitted.value = { set, reply, quality, ...options, diagnoses: [before ?? [], after ?? []], suspicion };
  });
}

/** For unchanged rows, and for rows divided by a temperature that was fitted on other rows. */
async function qualityOf(
  rows: LabelledRows,
  temperature: number,
  options: Readonly<Record<string, unknown>>,
): Promise<readonly [Quality, Quality]> {
  const divided = { ...rows, logits: rows.logits.map((logit) => logit / temperature) };
  const [raw, calibrated] = await Promise.all(
    [rows, divided].map((each) => post<CalibrateReply>("calibrate", each, { ...options, resamples: 0 })),
  );
  if (raw === undefined || calibrated === undefined) throw new Error("there are two replies to two requests");
  return [raw.before, calibrated.before];
}

async function decideOnce({ of, at }: { of: Fitted; at: number }): Promise<void> {
  await told(async () => {
    const ask = (options: Readonly<Record<string, unknown>>) =>
      post<ProbabilitiesReply>("probabilities", of.set.test, { ...options, threshold: at });
    const [before, after] = await Promise.all([ask({}), ask({ calibration: of.reply.calibration })]);
    decided.value = [faredOf(before, of.set.test), faredOf(after, of.set.test)];
  });
}

/** Runs the work, and keeps its error for display. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    problem.value = undefined;
    set_error.value = "";
  } catch (error) {
    if (error instanceof Refusal) problem.value = error.problem;
    else set_error.value = error instanceof RowError ? error.message : String(error);
  }
}

async function suspicionOf(
  clean: LabelledRows,
  test: LabelledRows,
  perturbed: LabelledRows,
): Promise<Suspicion> {
  const { baseline } = await post<{ baseline: unknown }>("baseline", clean, {});
  const share = async (rows: LabelledRows) => {
    const { results } = await post<DiagnoseReply>("diagnose", rows, { baseline });
    return results.filter(({ suspicious }) => suspicious).length / results.length;
  };
  return { clean: await share(test), perturbed: await share(perturbed) };
}

/** One decision a row. For rows of one logit, the only label is “yes”, class 1; without a decision the answer is no. */
function faredOf({ results }: ProbabilitiesReply, { targets }: LabelledRows): Fared {
  let right = 0;
  let none = 0;
  results.forEach(({ decision: { class_id } }, i) => {
    if (class_id === null) none += 1;
    else if (class_id === targets[i]) right += 1;
  });
  return { right, none, wrong: results.length - right - none };
}

function post<Reply>(
  call: "calibrate" | "diagnose" | "probabilities" | "baseline",
  rows: LabelledRows,
  options: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  const takes_targets = call === "calibrate" || call === "diagnose";
  return postRows(`/v1/${call}`, rows, { ...(takes_targets && { targets: rows.targets }), ...options });
}
