/**
 * Another engine's result for the displayed row, and the host or the change of a host that explains it: POST
 * /v1/compare.
 */
import { batch, effect, signal } from "@preact/signals";
import type { CompareReply } from "../../../src/client/analysis-types.ts";
import { binaryBody, postSample, Refusal, request } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { type ObservedReading, readObserved } from "../rows/read/observed.ts";
import { type PageRow, RowError } from "../rows/row.ts";
import { compared, observed_text, with_numbers } from "./compared.ts";
import { followLatest } from "./latest.ts";
import { shortForm } from "./presets.ts";
import { type Answer, answer, type Question, sentRow, stepOptions } from "./result.ts";

export interface ExplainedArm {
  readonly name: string;
  /** null: it could not be run */
  readonly fit: NonNullable<CompareReply["observed"]>["arms"][number];
}

export interface Explanation {
  readonly text: string;
  /** the answer whose row and chain were compared */
  readonly of: Answer;
  readonly says: string;
  readonly is_complete: boolean;
  /** nearest first */
  readonly arms: readonly ExplainedArm[];
}

export const explanation = signal<Explanation | undefined>(undefined);
/** how the text was read; "" while it cannot be read */
export const observed_how = signal("");
export const observed_error = signal("");
export const observed_problem = signal<ProblemBody | undefined>(undefined);

/** No request is sent while the user types or moves a slider. */
const STILL_MS = 300;

/** The name of the page's own chain among the hosts. */
const OWN_CHAIN = "this chain";

/** Explains the text whenever it, the answer or the compared hosts change. The result ends it. */
export function keepExplaining(): () => void {
  const ask = followLatest(askOnce);
  let timer = 0;
  const end = effect(() => {
    const [text, of, names, numbers] = [
      observed_text.value,
      answer.value,
      compared.value,
      with_numbers.value,
    ];
    clearTimeout(timer);
    if (of === undefined) return;
    const reading = readNow(text, of.question.row);
    if (reading !== undefined)
      timer = window.setTimeout(() => ask({ text, reading, of, names, with_numbers: numbers }), STILL_MS);
  });
  return () => {
    clearTimeout(timer);
    end();
  };
}

function readNow(text: string, row: PageRow): ObservedReading | undefined {
  let reading: ObservedReading | undefined;
  let error = "";
  try {
    if (text.trim() !== "") reading = readObserved(text, { ...row, idOf: (label) => idsOf(row).get(label) });
  } catch (thrown) {
    if (!(thrown instanceof RowError)) throw thrown;
    error = thrown.message;
  }
  batch(() => {
    observed_how.value = reading?.how ?? "";
    observed_error.value = error;
    observed_problem.value = undefined;
    if (reading === undefined) explanation.value = undefined;
  });
  return reading;
}

let known: { readonly row: PageRow; readonly ids: ReadonlyMap<string, number> } | undefined;

/** The ids of a row's tokens by their texts; of equal texts the first. */
function idsOf(row: PageRow): ReadonlyMap<string, number> {
  if (known?.row === row) return known.ids;
  const ids = new Map<string, number>();
  for (let id = row.vocab_size - 1; id >= 0; id--) {
    const label = row.labelOf(id);
    if (label !== undefined) ids.set(label, id);
  }
  known = { row, ids };
  return ids;
}

interface WhyQuestion {
  readonly text: string;
  readonly reading: ObservedReading;
  readonly of: Answer;
  readonly names: readonly string[];
  readonly with_numbers: boolean;
}

async function askOnce({ text, reading, of, names, with_numbers: numbers }: WhyQuestion): Promise<void> {
  const { question } = of;
  const { chain, state, ...step } = stepOptions(question);
  const given = numbers ? shortForm(chain) : {};
  const own = { name: OWN_CHAIN, chain, ...(state !== undefined && { state }) };
  // a comparison needs at least two arms
  const hosts = (names.length > 0 ? names : ["default"]).map((preset) => ({ ...given, preset }));
  const head = { ...step, compare: [own, ...hosts], compare_top: 1, observed: reading.observed };
  try {
    const reply = await postCompare(question, head);
    if (observed_text.peek() !== text) return;
    explanation.value = explanationOf(text, of, reply);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    batch(() => {
      explanation.value = undefined;
      observed_problem.value = error.problem;
    });
  }
}

function postCompare(question: Question, head: Readonly<Record<string, unknown>>): Promise<CompareReply> {
  const row = sentRow(question);
  const { headers, body } = binaryBody({ ...head, dtype: row.dtype }, row.bytes);
  return request<CompareReply>("/v1/compare", { method: "POST", headers, body });
}

function explanationOf(text: string, of: Answer, { arms, observed }: CompareReply): Explanation | undefined {
  if (observed === undefined) return undefined;
  const fitted = arms.map(({ name }, i): ExplainedArm => ({ name, fit: observed.arms[i] ?? null }));
  const distanceOf = ({ fit }: ExplainedArm) => (fit === null ? 2 : fit.agrees ? -1 : fit.distance);
  const { says, is_complete } = observed;
  return { text, of, says, is_complete, arms: fitted.sort((a, b) => distanceOf(a) - distanceOf(b)) };
}

/** The number of tokens in an example. */
const EXAMPLE_TOKENS = 40;

/** The reply of an engine that runs the first stage of the chain last: a difference to explain. */
export async function firstStageLast({ question }: Answer): Promise<string> {
  const { chain, state: _, ...step } = stepOptions(question);
  const [first, ...others] = chain;
  const told = { logprobs: true, logprobs_mode: "processed" };
  const { top_logprobs = [] } = await postSample(sentRow(question), {
    ...step,
    ...told,
    chain: first === undefined ? [] : [...others, first],
    top_logprobs: Math.min(EXAMPLE_TOKENS, question.row.vocab_size),
  });
  return top_logprobs
    .flatMap(({ token_id, logprob }) =>
      logprob === null ? [] : [`${nameOf(token_id, question.row)}: ${logprob.toFixed(4)}`],
    )
    .join("\n");
}

/** Its text if that identifies the token, otherwise its id. */
function nameOf(token_id: number, row: PageRow): string {
  const label = row.labelOf(token_id);
  return label !== undefined && idsOf(row).get(label) === token_id ? JSON.stringify(label) : `#${token_id}`;
}
