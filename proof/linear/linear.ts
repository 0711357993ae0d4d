/** Checks whether ten times as much of anything takes about ten times as long: no input may have quadratic cost. */
import { randomRow } from "../../evidence/rows.ts";
import { startService } from "../../evidence/service.ts";
import { Connection } from "../connection.ts";
import { encode, f32, jsonMessage, type Message, tensorMessage } from "../message.ts";
import type { Form, Proof, Report } from "../proof.ts";

const TIMES = 10;
const RATIO_MAX = 30;
const HISTORY_MS_MAX = 50;
const ROUNDS = { short: 3, long: 15 };
/** Below this time a ratio measures the clock more than the work. */
const FLOOR_MS = 0.2;

export const LINEAR: Proof = {
  name: "linear",
  promise: "the cost of every input is linear in its size",
  run,
};

const ROW = f32(randomRow(4096, 4));
const ids = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));
const withHistory = (options: Record<string, unknown>, of: (i: number) => number) => (count: number) =>
  tensorMessage("/v1/sample", { seed: "1", history: ids(count, of), ...options }, ROW);
const scattered = (i: number) => Math.imul(i + 1, 2654435761) >>> 20;

/** The growing quantity, its first size, and the request with a given size. */
const INPUTS: readonly (readonly [string, number, (count: number) => Message])[] = [
  [
    "history with penalties",
    10_000,
    withHistory({ repetition_penalty: 1.1, frequency_penalty: 0.1, presence_penalty: 0.1 }, scattered),
  ],
  ["history with DRY", 10_000, withHistory({ dry_multiplier: 0.8 }, scattered)],
  ["history with DRY, one token over and over", 10_000, withHistory({ dry_multiplier: 0.8 }, () => 7)],
  ["history with DRY, two tokens in turns", 10_000, withHistory({ dry_multiplier: 0.8 }, (i) => i % 2)],
  ["history with no_repeat_ngram_size, one token", 10_000, withHistory({ no_repeat_ngram_size: 8 }, () => 7)],
  [
    "entries of logit_bias",
    400,
    (count) =>
      tensorMessage(
        "/v1/sample",
        { logit_bias: Object.fromEntries(ids(count, (i) => i).map((id) => [id, 0.5])) },
        ROW,
      ),
  ],
  [
    "sequences in bad_words_ids",
    1000,
    (count) =>
      tensorMessage(
        "/v1/sample",
        { history: [1, 2, 3], bad_words_ids: ids(count, scattered).map((id) => [1, 2, 3, id]) },
        ROW,
      ),
  ],
  [
    "allowed_token_ids",
    400,
    (count) => tensorMessage("/v1/sample", { allowed_token_ids: ids(count, (i) => i) }, ROW),
  ],
  [
    "elements of a dense row",
    10_000,
    (count) => jsonMessage("/v1/sample", { logits: ids(count, (i) => (i % 100) / 8) }),
  ],
  [
    "elements of a sparse row",
    10_000,
    (count) =>
      jsonMessage("/v1/sample", {
        logits: { token_ids: ids(count, (i) => count - i), values: ids(count, (i) => (i % 100) / 8) },
      }),
  ],
  ["draws", 500, (count) => tensorMessage("/v1/sample", { n: count, top_p: 0.9 }, ROW)],
  [
    "draws without replacement",
    200,
    (count) => tensorMessage("/v1/sample", { n: count, replacement: false }, ROW),
  ],
  [
    "rows of a batch",
    50,
    (count) =>
      jsonMessage("/v1/sample/batch", { rows: ids(count, (i) => i).map(() => ({ logits: [1, 2, 3] })) }),
  ],
  [
    "unknown keys",
    10_000,
    (count) =>
      jsonMessage("/v1/sample", {
        ...Object.fromEntries(ids(count, (i) => i).map((i) => [`key_${i}`, i])),
        logits: [1],
      }),
  ],
  [
    "unknown keys of a tensor header",
    10_000,
    (count) =>
      tensorMessage("/v1/sample", Object.fromEntries(ids(count, (i) => i).map((i) => [`key_${i}`, i])), ROW),
  ],
  ["white space", 200_000, (count) => jsonMessage("/v1/sample", `{"logits":[1,${" ".repeat(count)}2]}`)],
  ["digits of a number", 100, (count) => jsonMessage("/v1/sample", `{"logits":[0.${"3".repeat(count)},2]}`)],
  [
    "levels of nesting",
    6,
    (count) =>
      jsonMessage("/v1/sample", `{"logits":[1,2],"state":${'{"a":'.repeat(count)}1${"}".repeat(count)}}`),
  ],
  ["brackets", 100_000, (count) => jsonMessage("/v1/sample", "[".repeat(count))],
  [
    "escapes in a string",
    100_000,
    (count) => jsonMessage("/v1/sample", `{"logits":[1],"preset":"${"\\u0041".repeat(count)}"}`),
  ],
];

async function run({ long }: Form, report: Report): Promise<void> {
  const service = await startService();
  const connection = new Connection(service.url);
  const rounds = ROUNDS[long ? "long" : "short"];
  try {
    for (const [name, count, messageOf] of INPUTS) {
      const small_ms = await leastTime(connection, messageOf(count), rounds);
      const large_ms = await leastTime(connection, messageOf(TIMES * count), rounds);
      const ratio = large_ms / Math.max(FLOOR_MS, small_ms);
      report.timed(
        `${name}, ${TIMES} times ${count}: at most ${RATIO_MAX} times as long`,
        ratio <= RATIO_MAX,
        `${small_ms.toFixed(2)} ms, then ${large_ms.toFixed(2)}: ${ratio.toFixed(1)} times`,
      );
      if (name.startsWith("history"))
        report.timed(
          `${name} of ${TIMES * count} tokens takes less than ${HISTORY_MS_MAX} ms`,
          large_ms < HISTORY_MS_MAX,
          `${large_ms.toFixed(1)} ms`,
        );
    }
    report.claim("no worker died", service.worker_pids.length === 1);
  } finally {
    connection.close();
    await service.stop();
  }
}

/** Milliseconds from request to reply, the minimum of several rounds. Refusals take time too. */
async function leastTime(connection: Connection, message: Message, rounds: number): Promise<number> {
  const bytes = encode(message);
  let least_ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const began_ms = performance.now();
    const { status } = await connection.exchange(bytes);
    least_ms = Math.min(least_ms, performance.now() - began_ms);
    if (status >= 500) throw new Error(`status ${status}`);
    if (connection.ended) await connection.open();
  }
  return least_ms;
}
