/** Asks the suite's questions to a logit-sampler service over HTTP. */
import { connect } from "../client/client.ts";
import { ServiceProblem } from "../client/problem.ts";
import { DEFAULT_OPTION_LIMITS } from "../sampling/options/option-limits.ts";
import type { Reply } from "./judge.ts";
import { stepTasks } from "./steps.ts";
import type { Vector } from "./vectors.ts";

export interface ServiceSettings {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal;
}

/** Throws when the service cannot be reached; a refusal is an answer to one case. */
export function serviceAnswers(
  url: string,
  { signal, ...settings }: ServiceSettings,
): (vector: Vector) => Promise<Reply> {
  const client = connect(url, settings);
  const call = signal === undefined ? {} : { signal };
  const tasks = stepTasks({
    told_max: DEFAULT_OPTION_LIMITS.top_logprobs_max,
    sample: (rows, options) =>
      client.sample(rows.length === 1 ? (rows[0] as readonly number[]) : rows, options, call), // there is one
    // A verification's options are fields of the suite, under the names that the service has.
    verify: (rows, options) =>
      client.verify(rows, options as unknown as Parameters<typeof client.verify>[1], call),
  });
  return async (vector) => {
    const answer = Object.hasOwn(tasks, vector.task) ? tasks[vector.task] : undefined;
    if (answer === undefined) return { not_supported: true };
    try {
      const given = await answer(vector);
      return given === undefined ? { not_supported: true } : { answer: given };
    } catch (error) {
      if (!(error instanceof ServiceProblem)) throw error;
      return error.code === "limit_exceeded" ? { not_supported: true } : { error: error.message };
    }
  };
}

/** True when a logit-sampler service answers: it lists presets, which no engine does. */
export async function isService(
  url: string,
  { headers = {}, timeout_ms, signal }: ServiceSettings,
): Promise<boolean> {
  const signals = [AbortSignal.timeout(timeout_ms ?? TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/v1/presets`, {
      headers,
      signal: AbortSignal.any(signals),
    });
    const { presets } = (await response.json()) as { readonly presets?: unknown };
    return response.ok && Array.isArray(presets);
  } catch {
    return false;
  }
}

const TIMEOUT_MS = 30_000;
