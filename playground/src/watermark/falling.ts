/** The p-value of a watermark's test as a text grows: the service tests longer and longer beginnings of it. */
import { signal } from "@preact/signals";
import { Refusal, request } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { followLatest } from "../state/latest.ts";
import type { Written } from "../write/draw-next.ts";
import type { SideName } from "../write/side-names.ts";
import type { Side } from "../write/sides.ts";
import { type Mark, markIn } from "./mark.ts";

export interface TestPoint {
  readonly tokens: number;
  readonly p_value: number;
}

export interface Tested {
  readonly name: SideName;
  /** true when the text was written with this mark */
  readonly is_marked: boolean;
  readonly points: readonly TestPoint[];
}

export interface Falling {
  readonly mark: Mark;
  readonly texts: readonly Tested[];
}

export const falling = signal<Falling | undefined>(undefined);
export const falling_problem = signal<ProblemBody | undefined>(undefined);

/** A text of 200 tokens is tested at 50 lengths. */
const EVERY = 4;

export type Sides = readonly (readonly [SideName, Side])[];

/** The watermark to test for: the first one in either text, even if the selection for later text differs. */
export function testedMark(of: Sides): Mark | undefined {
  return of
    .flatMap(([, { written }]) => written)
    .map(({ extras }) => markIn(extras))
    .find((mark) => mark !== undefined);
}

export const testSides = followLatest(async (of: Sides): Promise<void> => {
  const mark = testedMark(of);
  if (mark === undefined) {
    falling.value = undefined;
    return;
  }
  try {
    const texts = await Promise.all(
      of
        .filter(([, { written }]) => written.length > 0)
        .map(async ([name, { written }]): Promise<Tested> => {
          const is_marked = written.some(
            ({ extras }) => JSON.stringify(markIn(extras)) === JSON.stringify(mark),
          );
          return { name, is_marked, points: await testBeginnings(mark, written) };
        }),
    );
    falling.value = { mark, texts };
    falling_problem.value = undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    falling_problem.value = error.problem;
  }
});

async function testBeginnings(mark: Mark, written: readonly Written[]): Promise<readonly TestPoint[]> {
  const [first] = written;
  if (first === undefined) return [];
  const { history: prompt, vocab_size } = first.row;
  const ids = [...prompt, ...written.map(({ token_id }) => token_id)];
  const lengths = written.map((_, i) => i + 1).filter((n) => n % EVERY === 0 || n === written.length);
  const texts = lengths.map((n) => ({
    token_ids: ids.slice(0, prompt.length + n),
    prompt_length: prompt.length,
  }));
  const { results } = await request<{ results: readonly { p_value: number }[] }>("/v1/watermark/detect", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...mark, vocab_size, texts }),
  });
  return lengths.map((tokens, i) => ({ tokens, p_value: results[i]?.p_value ?? 1 }));
}
