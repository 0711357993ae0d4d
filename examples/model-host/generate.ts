/**
 * The loop of every model host: logits from the model, a token from the sampler, and the token back into the
 * model. The sampler keeps nothing between the steps; seed, step, history and state travel with every one.
 */
import type { Model, Rows } from "./model.ts";
import type { StepFields } from "./row-formats.ts";
import type { SamplerClient } from "./sampler-client.ts";
import { incrementalDecoder, type TextCodec } from "./tokenizer.ts";

export interface GenerateRequest {
  readonly prompt: string;
  readonly max_tokens: number;
  /** sampling options exactly as they stand on the wire: `{ temperature: 0.8, top_p: 0.95, seed: 7 }` */
  readonly sampling: StepFields;
  /** called with each piece of text as it comes */
  readonly onText?: (fresh: string) => void;
}

export interface Generated {
  readonly text: string;
  readonly token_ids: readonly number[];
  /** the seed that was used; the service's own choice when none was given */
  readonly seed: string;
  readonly elapsed_ms: number;
  /** time in the model of each generated token; the first reads the prompt */
  readonly model_ms: readonly number[];
  /** time from sending a row to having its token */
  readonly round_trip_us: readonly number[];
  /** the service's own part of that, where it says so */
  readonly server_us: readonly number[];
}

export async function generate(
  model: Model<Rows>,
  codec: TextCodec,
  sampler: SamplerClient,
  request: GenerateRequest,
): Promise<Generated> {
  const history = codec.encode(request.prompt);
  const prompt_length = history.length;
  if (prompt_length === 0) throw new Error("the prompt has no tokens");
  const steps = Math.min(request.max_tokens, model.context_tokens_max - prompt_length);
  const sequence = model.startSequence();
  const completeText = incrementalDecoder(codec);
  const times = { model_ms: [] as number[], round_trip_us: [] as number[], server_us: [] as number[] };
  const begin = performance.now();
  let carried: StepFields = {};
  let text = "";
  let seed = "";

  for (let step = 0; step < steps; step++) {
    const before_ms = performance.now();
    const logits = await sequence.step(step === 0 ? history : history.slice(-1));
    times.model_ms.push(performance.now() - before_ms);

    const fields = { ...request.sampling, ...carried, step, history, prompt_length };
    const { reply, round_trip_us, server_us } = await sampler.sample(logits, fields);
    times.round_trip_us.push(round_trip_us);
    if (server_us !== undefined) times.server_us.push(server_us);
    seed = reply.seed;
    carried = reply.state === null ? { seed } : { seed, state: reply.state };
    if (reply.token_id === model.eos_token_id) break;

    history.push(reply.token_id);
    const fresh = completeText(reply.token_id);
    text += fresh;
    request.onText?.(fresh);
    if (typeof reply.finish_reason === "string") break;
  }
  return {
    text,
    token_ids: history.slice(prompt_length),
    seed,
    elapsed_ms: performance.now() - begin,
    ...times,
  };
}
