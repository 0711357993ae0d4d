/**
 * Runs an option through its usual range and shows the answer for each value. The entropy and the number of kept tokens
 * are recorded for every value. For people who prefer no motion, the values are requested without an animation.
 */
import { signal } from "@preact/signals";
import { Refusal } from "../api/client.ts";
import type { OptionSchema, Sampled } from "../api/wire.ts";
import { positionOf, scaleOf, usualOf, valueAt } from "../controls/control.ts";
import { sentChain, setOption } from "../state/chain.ts";
import { answer, askStep, problem, type Question } from "../state/result.ts";
import { type ChainItem, chain } from "../state/signals.ts";

export interface SweepPoint {
  readonly value: number;
  /** entropy in nats after the chain */
  readonly entropy: number;
  readonly kept: number;
}

export interface Sweep {
  /** the card that is played */
  readonly key: number;
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly points: readonly SweepPoint[];
  readonly is_running: boolean;
}

export const sweep = signal<Sweep | undefined>(undefined);

/** Ranges that replace the usual one. Temperature shows most between 0.2 and 1.2. */
const SPANS: Readonly<Record<string, readonly [low: number, high: number]>> = { temperature: [0.2, 1.2] };

const STEPS = 50;
/** The minimum time of a step: five seconds in all. */
const STEP_MS = 100;

const no_motion = matchMedia("(prefers-reduced-motion: reduce)");

export function spanOf(name: string, schema: OptionSchema): readonly [low: number, high: number] {
  const scale = scaleOf(schema);
  const usual = usualOf(schema);
  return (
    SPANS[name] ?? [
      usual?.low ?? scale.low,
      usual === undefined || usual.low === usual.high ? scale.high : usual.high,
    ]
  );
}

export function stopSweep(): void {
  if (sweep.value) sweep.value = { ...sweep.value, is_running: false };
}

/** Moves the option with the name of its stage through its range; at the end it has its old value again. */
export async function play(item: ChainItem, schema: OptionSchema): Promise<void> {
  const { key, stage: name } = item;
  const [low, high] = spanOf(name, schema);
  const before = item.options[name];
  const values = valuesOf(schema, low, high);
  sweep.value = { key, name, low, high, points: [], is_running: true };
  const goesOn = () => sweep.value?.is_running === true && sweep.value.key === key;
  const measure = no_motion.matches ? ask : show;
  for (const value of values) {
    const began = performance.now();
    const sampled = await measure(key, name, value);
    if (!goesOn() || sampled === undefined) return stopSweep();
    addPoint(value, sampled);
    if (!no_motion.matches) await pause(STEP_MS - (performance.now() - began));
  }
  if (!goesOn()) return;
  stopSweep();
  if (!no_motion.matches) setOption(key, name, before);
}

function valuesOf(schema: OptionSchema, low: number, high: number): readonly number[] {
  const scale = scaleOf(schema);
  const [from, to] = [positionOf(scale, low), positionOf(scale, high)];
  const all = Array.from({ length: STEPS + 1 }, (_, i) => valueAt(scale, from + ((to - from) * i) / STEPS));
  return [...new Set(all)];
}

function addPoint(value: number, { trace = [], kept }: Sampled): void {
  const now = sweep.value;
  const entropy = trace.at(-1)?.entropy;
  if (now !== undefined && entropy !== undefined)
    sweep.value = { ...now, points: [...now.points, { value, entropy, kept }] };
}

/** Moves the slider, and waits for the answer on the page. */
function show(key: number, name: string, value: number): Promise<Sampled | undefined> {
  setOption(key, name, value);
  const wanted = JSON.stringify(sentChain(chain.value));
  return new Promise((resolve) => {
    const look = () => {
      const now = answer.peek();
      if (problem.peek() !== undefined) resolve(undefined);
      else if (now !== undefined && JSON.stringify(now.question.chain) === wanted) resolve(now.sampled);
      else return;
      queueMicrotask(() => {
        for (const end of ends) end();
      });
    };
    const ends = [answer.subscribe(look), problem.subscribe(look)];
  });
}

/** Requests the answer separately; the page stays unchanged. */
async function ask(key: number, name: string, value: number): Promise<Sampled | undefined> {
  const now = answer.peek();
  if (now === undefined) return undefined;
  const items = chain.value.map((item) =>
    item.key === key ? { ...item, options: { ...item.options, [name]: value } } : item,
  );
  const question: Question = { ...now.question, chain: sentChain(items) };
  try {
    return await askStep(question, { trace: true });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
