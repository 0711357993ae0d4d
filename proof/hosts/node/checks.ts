/**
 * The common parts of the hosts' scripts: claims and times, printed as JSON lines on stdout, and plain calls to compare
 * with. The scripts run where the packed logit-sampler is installed beside the host, and import it by its name, as
 * projects do.
 */
import { connect, type Logits } from "logit-sampler/client";

export const URL = need("LOGIT_SAMPLER_URL");
export const MODEL = need("HOSTS_MODEL");
/** The number of timed turns; times that are not stored need one. */
const TURNS = Number(need("HOSTS_TURNS"));
export const PROMPT = "The old ship sailed into the";
export const OPTIONS = { temperature: 0.8, top_p: 0.95, repetition_penalty: 1.1, mirostat: 2 } as const;
/** The timed options, which every host's own sampler supports. */
export const TIMED = { temperature: 0.8, top_k: 40 } as const;

export const client = connect(URL);

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} must be set`);
  return value;
}

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export function host(version: string, note = ""): void {
  tell({ version, ...(note !== "" && { note }) });
}

/** A claim holds unless it throws. */
export async function claim(sentence: string, show: () => Promise<void>): Promise<void> {
  try {
    await show();
    tell({ claim: sentence, held: true, got: "" });
  } catch (error) {
    tell({
      claim: sentence,
      held: false,
      got: error instanceof Error ? String(error.stack).slice(0, 800) : error,
    });
  }
}

export function same(got: unknown, want: unknown): void {
  const [one, other] = [JSON.stringify(got), JSON.stringify(want)];
  if (one !== other) throw new Error(`got ${one}, expected ${other}`);
}

/** The tokens that plain calls draw from these rows, one after the other. */
export async function plain(
  rows: readonly Logits[],
  prompt: readonly number[],
  options: object,
): Promise<number[]> {
  const history = [...prompt];
  let state: unknown = null;
  for (const [step, row] of rows.entries()) {
    const own = { ...options, step, history, prompt_length: prompt.length, state };
    const reply = await client.sample(row, own as Parameters<typeof client.sample>[1]); // the state as it came
    state = reply.state;
    history.push(reply.token_id);
  }
  return history.slice(prompt.length);
}

/** Milliseconds a token of each, the minimum of several runs in turns. A run returns the number of its tokens. */
export async function measured(
  vocab_size: number,
  own: () => Promise<number>,
  ours: () => Promise<number>,
  what?: string,
  local?: () => Promise<number>,
): Promise<void> {
  const clock = async (run: () => Promise<number>) => {
    const begun = performance.now();
    const tokens = await run();
    return (performance.now() - begun) / tokens;
  };
  const runs = { own, ours, ...(local !== undefined && { local }) };
  const best: Record<string, number> = {};
  for (let turn = 0; turn < TURNS; turn++)
    for (const [name, run] of Object.entries(runs))
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, await clock(run));
  const rounded = Object.entries(best).map(([name, ms]) => [name, Math.round(ms * 1000) / 1000]);
  tell({ ms: { vocab_size, ...(what !== undefined && { what }), ...Object.fromEntries(rounded) } });
}
