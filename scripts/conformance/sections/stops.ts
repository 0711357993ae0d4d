/** When a text ends after the token that was drawn last. */
import { readFileSync } from "node:fs";
import type { Line, Section } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";

interface Text {
  readonly prompt: readonly number[];
  readonly generated: readonly number[];
}

interface Stop {
  readonly token_ids?: readonly number[];
  readonly sequences?: readonly (readonly number[])[];
  readonly max_tokens?: number;
}

const endsWith = (text: readonly number[], sequence: readonly number[]) =>
  sequence.length <= text.length && sequence.every((id, i) => id === text[text.length - sequence.length + i]);

/** The first stop that applies: a stop token, a sequence among the generated tokens, the length. */
function reasonOf({ generated }: Text, { token_ids = [], sequences = [], max_tokens }: Stop): string | null {
  const last = generated.at(-1) as number; // one was drawn
  if (token_ids.includes(last)) return "stop_token";
  if (sequences.some((sequence) => endsWith(generated, sequence))) return "stop_sequence";
  return max_tokens !== undefined && generated.length >= max_tokens ? "length" : null;
}

interface Recorded {
  readonly token_ids: readonly number[];
  readonly min_pattern_size: number;
  readonly max_pattern_size: number;
  readonly min_count: number;
  readonly is_repeated: boolean;
}

const LOOPS = 60;
const RANDOM = 90;

function lines(): Line[] {
  const found: Line[] = [];
  const add = (
    line: Omit<Line, "id" | "section" | "task" | "about"> & {
      readonly why: string;
      readonly rule: string;
      readonly finish_reason: string | null;
    },
  ) =>
    found.push({
      ...line,
      id: `stop-${String(found.length + 1).padStart(3, "0")}`,
      section: "stops",
      task: "stop",
      about: line.finish_reason === null ? "the text goes on" : `the text ends: ${line.finish_reason}`,
    });
  for (let i = 0; i < RANDOM; i++) {
    const random = seeded(293, i);
    const ids = (n: number) => Array.from({ length: n }, () => random.below(4));
    const text = { prompt: ids(random.below(4)), generated: ids(1 + random.below(6)) };
    const stops: readonly Stop[] = [
      { token_ids: ids(1 + random.below(2)) },
      { sequences: [ids(1 + random.below(3)), ids(2)] },
      { max_tokens: 1 + random.below(6) },
      { token_ids: [random.below(4)], sequences: [ids(2)], max_tokens: 5 },
    ];
    const stop = stops[i % stops.length] as Stop; // a place of the list
    const own = reasonOf(text, stop);
    const whole = { prompt: [], generated: [...text.prompt, ...text.generated] };
    const with_prompt = reasonOf(whole, stop);
    const late = reasonOf(
      { ...text, generated: text.generated.slice(0, -1).concat(text.generated.at(-2) ?? -1) },
      stop,
    );
    add({
      rule: Object.keys(stop).join(", "),
      stop,
      ...text,
      finish_reason: own,
      otherwise: [
        ...(with_prompt === own
          ? []
          : [{ as: ["as if the prompt were part of the text"], finish_reason: with_prompt }]),
        ...(late === own ? [] : [{ as: ["as if the last token were not looked at"], finish_reason: late }]),
      ],
      why: "docs/api.md, stop",
    });
  }
  const recorded = readFileSync(
    new URL("../../../test/vectors/stops/vllm-loop.ndjson", import.meta.url),
    "utf8",
  )
    .trim()
    .split("\n")
    .slice(1);
  for (const text of recorded.slice(0, LOOPS)) {
    const { token_ids, is_repeated, ...loop } = JSON.parse(text) as Recorded; // as vLLM's own code answered
    add({
      rule: "loop",
      stop: { loop },
      prompt: [],
      generated: token_ids,
      finish_reason: is_repeated ? "loop" : null,
      otherwise: [],
      why: "recorded from vLLM 0.33.0, vllm/v1/core/sched/utils.py, check_sequence_repetition",
    });
  }
  return found;
}

export const stops: Section = {
  name: "stops",
  about: "When a text ends: by a token, a sequence, its length, or because it repeats itself.",
  files: () => ({ stops: lines() }),
};
