/** Log-probabilities against ln softmax in float64, over small and large rows. */
import { randomRow } from "../../evidence/rows.ts";
import type { Connection } from "../connection.ts";
import { encode, f32, tensorMessage } from "../message.ts";
import type { Report } from "../proof.ts";
import { expectedOf, topK } from "./chains.ts";

const ERROR_MAX = 2e-6;

interface Reply {
  readonly token_id: number;
  readonly logprob: number;
  readonly processed_logprob: number;
  readonly rank: number;
  readonly top_logprobs: readonly { readonly token_id: number; readonly logprob: number }[];
}

export async function proveLogprobs(report: Report, connection: Connection): Promise<void> {
  for (const vocab_size of [64, 5000, 128_256]) {
    const row = randomRow(vocab_size, vocab_size);
    const raw = expectedOf({ name: "", row, chain: [] }).map(Math.log);
    const chain = [topK(20)];
    const kept = expectedOf({ name: "", row, chain }).map(Math.log);
    let worst = 0;
    for (let step = 0; step < 5; step++) {
      const fields = { chain, seed: "3", step, top_logprobs: 64 };
      const { body } = await connection.exchange(encode(tensorMessage("/v1/sample", fields, f32(row))));
      const reply = JSON.parse(body) as Reply;
      const pairs = [
        [reply.logprob, raw[reply.token_id]],
        [reply.processed_logprob, kept[reply.token_id]],
        ...reply.top_logprobs.map(({ token_id, logprob }) => [logprob, raw[token_id]]),
      ];
      for (const [got = Number.NaN, expected = Number.NaN] of pairs)
        worst = Math.max(worst, Math.abs(got - expected));
      const rank =
        1 +
        raw.filter(
          (logprob, id) =>
            logprob > raw[reply.token_id]! || (logprob === raw[reply.token_id] && id < reply.token_id),
        ).length;
      if (rank !== reply.rank) worst = Number.POSITIVE_INFINITY;
    }
    report.claim(
      `log-probabilities and ranks over ${vocab_size} tokens are off by at most ${ERROR_MAX}`,
      worst <= ERROR_MAX,
      `worst error ${worst.toExponential(1)}`,
    );
  }
}
