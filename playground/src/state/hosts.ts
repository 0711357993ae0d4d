/** The results of several hosts for the shown step: one request each, with the host's preset in place of the chain. */
import { effect, signal } from "@preact/signals";
import { postSample, Refusal } from "../api/client.ts";
import type { ProblemBody, Sampled } from "../api/wire.ts";
import { compared, with_numbers } from "./compared.ts";
import { followLatest } from "./latest.ts";
import { presets, shortForm } from "./presets.ts";
import { type Answer, answer, sentRow, stepOptions } from "./result.ts";

/** The number of compared tokens of the row. */
const COMPARED = 40;

export interface HostAnswer {
  readonly name: string;
  readonly result: Sampled | ProblemBody;
}

export interface Hosts {
  /** the tokens whose fates are shown, most likely first */
  readonly token_ids: readonly number[];
  readonly of: Answer;
  readonly answers: readonly HostAnswer[];
}

export const hosts = signal<Hosts | undefined>(undefined);

/** The comparison waits until the answer has not changed for this long, so it does not follow a moving slider. */
const STILL_MS = 250;

/** Compares the hosts whenever the answer or the selection of hosts changes. */
export function keepComparing(): void {
  const ask = followLatest(askHosts);
  let timer = 0;
  effect(() => {
    const [of, names, numbers] = [answer.value, compared.value, with_numbers.value];
    clearTimeout(timer);
    if (of !== undefined && presets.value.length > 0)
      timer = window.setTimeout(
        () => ask({ of, names, with_numbers: numbers }),
        hosts.peek() === undefined ? 0 : STILL_MS,
      );
  });
}

interface HostsQuestion {
  readonly of: Answer;
  readonly names: readonly string[];
  /** with the numbers of the chain, or with the host's defaults only */
  readonly with_numbers: boolean;
}

async function askHosts({ of, names, with_numbers: numbers }: HostsQuestion): Promise<void> {
  const token_ids = of.raw.slice(0, COMPARED).map(({ token_id }) => token_id);
  const answers = await Promise.all(names.map((name) => askHost(name, of, token_ids, numbers)));
  hosts.value = { token_ids, of, answers };
}

async function askHost(
  name: string,
  { question }: Answer,
  token_ids: readonly number[],
  has_numbers: boolean,
): Promise<HostAnswer> {
  const { chain, state: _, ...step } = stepOptions(question);
  const numbers = has_numbers ? shortForm(chain) : {};
  const told = { trace: true, logprobs: true, logprob_token_ids: token_ids, logprobs_mode: "processed" };
  try {
    return {
      name,
      result: await postSample(sentRow(question), { ...numbers, ...step, preset: name, ...told }),
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { name, result: error.problem };
  }
}
