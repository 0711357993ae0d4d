/** Writing: one token after another, of one text or of two side by side, until it is stopped. */
import { batch, computed, signal } from "@preact/signals";
import { Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { drawDrafted } from "../speculate/draw-drafted.ts";
import { speculationIn } from "../speculate/speculation.ts";
import { sentChain } from "../state/chain.ts";
import { NO_EXTRAS } from "../state/extras.ts";
import { carried_state, reading, row, row_error, seed, source, step } from "../state/signals.ts";
import { forcing } from "../state/token-rules.ts";
import { drawNext, type Text, type Written } from "./draw-next.ts";
import { loadModel, modelReady, type ReadyModel, readyModel } from "./model.ts";
import { isSameDrawing, type Run, runsOf } from "./runs.ts";
import type { SideName } from "./side-names.ts";
import { chooseSide, chosen_side, other_side, setWritten, sides, written, writtenOf } from "./sides.ts";

export const prompt = signal("The old ship sailed into the");
/** the prompt that the texts continue; undefined before the first token */
export const written_prompt = signal<string | undefined>(undefined);
/** the choices that reproduce the texts: of the selected one, and of the other if there is one */
export const runs_written = computed(() => runsOf(written.value));
export const other_runs = computed(() => runsOf(other_side.value?.written ?? []));
export const selected = signal(-1);
/** progress while a link's text is written again: tokens so far, and tokens in total; undefined otherwise */
export const replaying = signal<{ readonly done: number; readonly tokens: number } | undefined>(undefined);
/** number of tokens of one writing task */
export const amount = signal(60);
export const is_writing = signal(false);
export const writing_problem = signal<ProblemBody | undefined>(undefined);
/** tokens a second of the last run, for each text; model and service together */
export const pace = signal(0);

let prompt_ids: readonly number[] = [];

export function stopWriting(): void {
  is_writing.value = false;
}

/**
 * Continues the present texts, or starts from the prompt when that has changed. The shorter of two texts catches up.
 */
export async function write(tokens: number): Promise<void> {
  await writing(async (with_model, goesOn) => {
    const lengths = sides.peek().map(([name]) => writtenOf(name).length);
    const longest = Math.max(...lengths);
    const end = lengths.every((length) => length === longest) ? longest + tokens : longest;
    await Promise.all(sides.peek().map(([name]) => writeUntil(with_model, name, end, goesOn)));
    if (goesOn()) selectToken(written.peek().length - 1);
  });
}

/** Draws each token with the side's chain and seed of that moment. */
async function writeUntil(
  with_model: ReadyModel,
  name: SideName,
  end: number,
  goesOn: () => boolean,
): Promise<void> {
  const began = performance.now();
  const from = writtenOf(name).length;
  while (writtenOf(name).length < end && goesOn()) {
    const side = sides.peek().find(([each]) => each === name)?.[1];
    if (side === undefined) return;
    const drawn_with = { seed: side.seed, chain: sentChain(side.chain), extras: side.extras };
    const is_end = await writeMore(with_model, name, { ...drawn_with, from, end }, goesOn);
    if (!goesOn()) return;
    if (name === chosen_side.value) showLast();
    pace.value = (1000 * (writtenOf(name).length - from)) / (performance.now() - began);
    if (is_end) return;
  }
}

/** How often the shown step follows the text; with two texts, the step is shown when they are complete. */
const FOLLOW_MS = 250;

let followed_at = 0;

function showLast(): void {
  if (other_side.peek() !== undefined || performance.now() - followed_at < FOLLOW_MS) return;
  followed_at = performance.now();
  selectToken(written.peek().length - 1);
}

/** A text as the choices that reproduce it. */
export interface Described {
  readonly runs: readonly Run[];
  /** that of the other side */
  readonly other: readonly Run[];
}

/** Writes texts again, as a link describes them, and shows the token at `index`; −1 is the last. */
export async function replay(text: string, { runs, other }: Described, index: number): Promise<void> {
  if (!isSameText(text, runs) || (other_side.value !== undefined && !isSameRuns(other_runs.value, other))) {
    beginAnew();
    prompt.value = text;
    replaying.value = { done: 0, tokens: lengthOf(runs) + lengthOf(other) };
    void loadModel();
    await modelReady();
    await writing((with_model, goesOn) =>
      Promise.all(
        sides
          .peek()
          .map(([name]) => replayRuns(with_model, name, name === chosen_side.value ? runs : other, goesOn)),
      ),
    );
    replaying.value = undefined;
  }
  // a user who has moved to another row meanwhile stays there
  if (source.value.kind === "written") selectToken(index < 0 ? written.value.length - 1 : index);
}

async function replayRuns(
  with_model: ReadyModel,
  name: SideName,
  runs: readonly Run[],
  goesOn: () => boolean,
): Promise<void> {
  for (const { tokens, ...drawn_with } of runs) {
    const from = writtenOf(name).length;
    const part = { ...drawn_with, from, end: from + tokens };
    while (writtenOf(name).length < part.end && goesOn()) {
      const before = writtenOf(name).length;
      if (await writeMore(with_model, name, part, goesOn)) return;
      const { done = 0, tokens: all = 0 } = replaying.value ?? {};
      if (replaying.value) replaying.value = { tokens: all, done: done + writtenOf(name).length - before };
    }
  }
}

function lengthOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.tokens, 0);
}

export function isSameText(text: string, runs: readonly Run[]): boolean {
  return written_prompt.value === text && isSameRuns(runs_written.value, runs);
}

function isSameRuns(now: readonly Run[], then: readonly Run[]): boolean {
  return (
    now.length === then.length &&
    then.every((run, i) => {
      const here = now[i];
      return here?.tokens === run.tokens && isSameDrawing(here, run);
    })
  );
}

let turns = 0;

/** Runs one writing task at a time, until it is stopped; an error of the service is kept for display. */
async function writing(
  work: (with_model: ReadyModel, goesOn: () => boolean) => Promise<unknown>,
): Promise<void> {
  const with_model = readyModel();
  if (with_model === undefined || is_writing.value) return;
  turns += 1;
  const turn = turns;
  // another text may be started while the last token of this one is still being computed
  const goesOn = () => is_writing.value && turn === turns;
  is_writing.value = true;
  writing_problem.value = undefined;
  try {
    await begin(with_model);
    await work(with_model, goesOn);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (turn === turns) writing_problem.value = error.problem;
  } finally {
    if (turn === turns) is_writing.value = false;
  }
}

async function begin({ client }: ReadyModel): Promise<void> {
  if (written_prompt.value === prompt.value) return;
  const ids = await client.encode(prompt.value);
  prompt_ids = ids.length > 0 ? ids : [0]; // the model begins an empty text with its end-of-text token
  written_prompt.value = prompt.value;
  for (const [name] of sides.peek()) setWritten(name, []);
}

/** The selected text with its prompt. A changed prompt starts a new text. */
export async function textNow(with_model: ReadyModel): Promise<Text> {
  await begin(with_model);
  return { prompt: written_prompt.value ?? "", prompt_ids, tokens: written.value };
}

/** A part of a text that is drawn with the same choices, from token `from` to token `end`. */
interface Part extends Omit<Run, "tokens"> {
  readonly from: number;
  readonly end: number;
}

/** Adds a token, or the result of a draft. Returns true when the text has ended. Results after a stop are dropped. */
async function writeMore(
  with_model: ReadyModel,
  name: SideName,
  { from, end, ...drawn_with }: Part,
  goesOn: () => boolean,
): Promise<boolean> {
  const tokens = writtenOf(name);
  const text = { prompt: written_prompt.value ?? "", prompt_ids, tokens };
  const drawn = await drawMore(with_model, text, drawn_with, tokens.length === from);
  if (drawn.length === 0 || !goesOn()) return true;
  const last = drawn.findIndex(({ token_id }) => token_id === with_model.loaded.eos_token_id);
  const kept = last < 0 ? drawn : drawn.slice(0, last + 1);
  setWritten(name, [...tokens, ...kept].slice(0, end));
  return last >= 0;
}

/**
 * `begins`: true when they are the first of their run. Drafts depend on the start of the run, so the first token
 * records it.
 */
async function drawMore(
  with_model: ReadyModel,
  text: Text,
  drawn_with: Omit<Run, "tokens">,
  begins: boolean,
): Promise<readonly Written[]> {
  const speculation = speculationIn(drawn_with.extras);
  if (speculation === undefined) {
    const token = await drawNext(with_model, text, drawn_with);
    return token === undefined ? [] : [token];
  }
  const [first, ...others] = await drawDrafted(with_model, text, drawn_with, speculation);
  return first === undefined ? [] : [{ ...first, begins }, ...others];
}

/** Shows the step at which a token was drawn. */
function selectToken(index: number): void {
  const token = written.value[index];
  if (token === undefined) return;
  batch(() => {
    selected.value = index;
    source.value = { kind: "written", index };
    row_error.value = "";
    reading.value = undefined;
    carried_state.value = token.state_before;
    step.value = index;
    row.value = token.row;
  });
}

/** Shows the step of a token of either side. */
export function selectTokenOf(name: SideName, index: number): void {
  if (name !== chosen_side.value) stopWriting();
  batch(() => {
    chooseSide(name);
    selectToken(index);
  });
}

/** Removes the texts; the prompt stays. */
export function beginAnew(): void {
  batch(() => {
    written_prompt.value = undefined;
    for (const [name] of sides.peek()) setWritten(name, []);
    selected.value = -1;
  });
}

/**
 * Drops a token of the selected side and all after it, and continues with the present chain; after `token_id` when one
 * was chosen by hand.
 */
export async function forkAt(index: number, tokens: number, token_id?: number): Promise<void> {
  written.value = written.value.slice(0, index);
  const name = chosen_side.value;
  await writing(async (with_model, goesOn) => {
    if (token_id !== undefined) {
      const forced = { seed: seed.value, chain: forcing(token_id), extras: NO_EXTRAS };
      const from = writtenOf(name).length;
      if (await writeMore(with_model, name, { ...forced, from, end: from + 1 }, goesOn)) return;
    }
    await writeUntil(with_model, name, writtenOf(name).length + tokens, goesOn);
    if (goesOn()) selectToken(written.peek().length - 1);
  });
}
