/** Random programs on a stream, against the same programs as single calls. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Sampled } from "../../src/sampling/report/report.ts";
import { openStream, type SampleStream } from "../../src/sampling/stream.ts";
import { randomRow, sample, sampler } from "./sample.ts";
import { next } from "./stream-step.ts";

type Operation =
  | { readonly kind: "row"; readonly row: number; readonly own: Record<string, unknown> | undefined }
  | { readonly kind: "update"; readonly options: Record<string, unknown> }
  | { readonly kind: "accept"; readonly token_ids: readonly number[] }
  | { readonly kind: "rewind"; readonly share: number };

const VOCABULARY = 200;
const ROWS = Array.from({ length: 4 }, (_, seed) => randomRow(VOCABULARY, seed + 1, true));

const options = fc.oneof(
  fc.constant({ temperature: 0.7, repetition_penalty: 1.3 }),
  fc.constant({ top_p: 0.9, frequency_penalty: 0.5, presence_penalty: 0.2 }),
  fc.constant({ top_logprobs: 3, min_p: 0.02 }),
  fc.record({ temperature: fc.double({ min: 0, max: 2, noNaN: true }), top_k: fc.nat(60) }),
  fc.record({ seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String) }),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("row" as const),
      row: fc.nat(ROWS.length - 1),
      own: fc.option(options, { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("update" as const), options }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("accept" as const),
      token_ids: fc.array(fc.nat(VOCABULARY - 1), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rewind" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

/** The same program with a plain list of tokens and single calls. */
class Bookkeeper {
  history: number[];
  #options: Record<string, unknown>;
  readonly #begin: number;
  #states: unknown[] = [];
  #state: unknown = null;

  constructor(history: readonly number[], given: Record<string, unknown>) {
    this.history = [...history];
    this.#begin = history.length;
    this.#options = given;
  }

  row(index: number, own: Record<string, unknown> = {}): Sampled {
    const step = this.history.length - this.#begin;
    const call = {
      ...this.#options,
      ...own,
      history: this.history,
      prompt_length: this.#begin,
      step,
      state: this.#state,
    };
    const sampled = sample(ROWS[index]!, JSON.parse(JSON.stringify(call)));
    this.#push(sampled.token_id);
    this.#state = sampled.state;
    return sampled;
  }

  update(changed: Record<string, unknown>): void {
    this.#options = { ...this.#options, ...changed };
  }

  accept(token_ids: readonly number[]): void {
    for (const id of token_ids) this.#push(id);
  }

  rewind(steps: number): void {
    this.#state = this.#states.at(-steps);
    this.#states = this.#states.slice(0, -steps);
    this.history = this.history.slice(0, -steps);
  }

  #push(token_id: number): void {
    this.#states.push(this.#state);
    this.history = [...this.history, token_id];
  }
}

test("any program of rows, updates, accepted tokens and rewinds gives the bytes of calls that stand alone", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { minLength: 1, maxLength: 25 }),
      fc.array(fc.nat(VOCABULARY - 1), { maxLength: 5 }),
      (program, history) => {
        const given = { seed: "7", temperature: 1 };
        const stream = openStream(sampler, { ...given, history, prompt_length: history.length });
        const alone = new Bookkeeper(history, given);
        for (const step of program) {
          if (step.kind === "row")
            expect(JSON.stringify(next(stream, ROWS[step.row]!, step.own))).toBe(
              JSON.stringify(alone.row(step.row, step.own)),
            );
          else if (step.kind === "update") for (const each of [stream, alone]) each.update(step.options);
          else if (step.kind === "accept") for (const each of [stream, alone]) each.accept(step.token_ids);
          else rewindBoth(stream, alone, step.share, history.length);
          expect(stream.history).toEqual(alone.history);
        }
      },
    ),
    { numRuns: 150 },
  );
});

function rewindBoth(stream: SampleStream, alone: Bookkeeper, share: number, begin: number): void {
  const steps = Math.floor(share * (stream.history.length - begin));
  if (steps === 0) return;
  stream.rewind(steps);
  alone.rewind(steps);
}
