/**
 * Options of the write view's requests besides chain, seed and step, such as a watermark, by the name of the option.
 */
import { signal } from "@preact/signals";

export type Extras = Readonly<Record<string, unknown>>;

export const NO_EXTRAS: Extras = {};

export const extras = signal<Extras>(NO_EXTRAS);

/** undefined removes the option. */
export function setExtra(name: string, value: unknown): void {
  const { [name]: _, ...others } = extras.value;
  extras.value = value === undefined ? others : { ...others, [name]: value };
}

/** Equal for any order of the names. */
export function isSameExtras(a: Extras, b: Extras): boolean {
  return a === b || writeExtras(a) === writeExtras(b);
}

/** As JSON for an address; "" for none. */
export function writeExtras(of: Extras): string {
  const sorted = Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? "" : JSON.stringify(Object.fromEntries(sorted));
}

/** Empty for text that is not a JSON object. */
export function readExtras(text: string | undefined): Extras {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Extras) : NO_EXTRAS; // the service judges what is in it
  } catch {
    return NO_EXTRAS;
  }
}
