/** Translates options of a step to an engine's own names. */
import { show } from "../errors.ts";
import { EngineError, type EngineOptions, MissingOption } from "./engine.ts";

/** Our option → the engine's name for it, or a function from its value to the engine's fields. */
export type Spelling = Readonly<Record<string, string | ((value: unknown) => object)>>;

/** Options without a counterpart in engines: the place of a step, and the contents of reports. */
const UNSAID: readonly string[] = ["preset", "variant", "history", "prompt_length", "step", "vocabulary"];

/** Throws a MissingOption that names the options which the engine lacks. */
export function spelledFor(engine: string, spelling: Spelling, options: EngineOptions): object {
  const missing = Object.keys(options).filter(
    (name) => !(Object.hasOwn(spelling, name) || UNSAID.includes(name)),
  );
  if (missing.length > 0)
    throw new MissingOption(
      `${engine} has no option ${missing.join(", ")}; it has ${Object.keys(spelling).join(", ")}`,
    );
  const fields = Object.entries(options).map(([name, value]) => {
    const spelt = Object.hasOwn(spelling, name) ? spelling[name] : undefined;
    if (spelt === undefined) return {};
    return typeof spelt === "string" ? { [spelt]: value } : spelt(value);
  });
  return Object.assign({}, ...fields);
}

/** The seed as a number: these engines take 32 bits, or 64 bits, of which JSON carries 53. */
export function seedField(bits: 32 | 53): (seed: unknown) => object {
  return (seed) => {
    const value = Number(seed);
    if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** bits)
      throw new EngineError(`a seed of the engine is a whole number below 2^${bits}, got ${show(seed)}`);
    return { seed: value };
  };
}
