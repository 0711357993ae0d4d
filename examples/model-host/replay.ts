/**
 * The model's answers again without the model: rows that were recorded once are sent both ways in turn, so that
 * what is compared is the sending, and not what a busy model leaves of the processor.
 */
import { type Generated, type GenerateRequest, generate } from "./generate.ts";
import type { Model, Rows } from "./model.ts";
import { quantile } from "./report.ts";
import type { SamplerClient } from "./sampler-client.ts";
import type { TextCodec } from "./tokenizer.ts";

const ROUNDS = 8;

/** The same model, and the rows it has answered since. */
export function recorded(model: Model<Rows>): { readonly model: Model<Rows>; readonly rows: Rows[] } {
  const rows: Rows[] = [];
  const startSequence = () => {
    const sequence = model.startSequence();
    return {
      async step(token_ids: readonly number[]) {
        const logits = await sequence.step(token_ids);
        rows.push(copyOf(logits));
        return logits;
      },
    };
  };
  return { model: { ...model, startSequence }, rows };
}

function copyOf(logits: Rows): Rows {
  return logits instanceof Float32Array ? logits.slice() : logits.map((row) => row.slice());
}

export interface Compared {
  /** the least of the round trips, microseconds: on a busy machine the others say what else it does */
  readonly streamed_us: number;
  readonly posted_us: number;
  /** whether every round had the same tokens */
  readonly same: boolean;
}

/** Sends the rows over the stream and as POSTs, turn by turn. */
export async function compare(
  {
    model,
    codec,
    rows,
  }: { readonly model: Model<Rows>; readonly codec: TextCodec; readonly rows: readonly Rows[] },
  clients: { readonly streamed: SamplerClient; readonly posted: SamplerClient },
  request: GenerateRequest,
): Promise<Compared> {
  const run = (client: SamplerClient) => generate(replaying(model, rows), codec, client, request);
  const streamed: Generated[] = [];
  const posted: Generated[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    streamed.push(await run(clients.streamed));
    posted.push(await run(clients.posted));
  }
  const trips = (runs: readonly Generated[]) =>
    quantile(
      runs.flatMap((each) => each.round_trip_us),
      0,
    );
  const texts = new Set([...streamed, ...posted].map(({ text }) => text));
  return { streamed_us: trips(streamed), posted_us: trips(posted), same: texts.size === 1 };
}

function replaying(model: Model<Rows>, rows: readonly Rows[]): Model<Rows> {
  const startSequence = () => {
    let at = 0;
    return { step: () => Promise.resolve(rows[at++] ?? new Float32Array(model.vocab_size)) };
  };
  return { ...model, startSequence };
}
