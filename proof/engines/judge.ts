/** Compares a host's answer with ours, and classifies the difference. */
import { PRESETS, type Preset } from "../../src/sampling/presets/index.ts";
import type { Answer, Case, Host } from "./host.ts";
import { oursFor } from "./ours.ts";

export type Verdict =
  /** the same tokens, probabilities within 2e-5 of each other */
  | { readonly kind: "equal" }
  /** both have no answer */
  | { readonly kind: "both_refuse" }
  /** equally many tokens with the same probabilities, but other ids among tokens of equal score */
  | { readonly kind: "tie" }
  /** the host's float32: ours equals it when a bound is moved by 2e-5, or a probability is too small for float32 */
  | { readonly kind: "float" }
  /** a known, explained difference */
  | { readonly kind: "known"; readonly what: string }
  | { readonly kind: "unexplained"; readonly ours: Answer; readonly theirs: Answer };

type Kept = Exclude<Answer, { readonly error: string }>;

export function judge(host: Host, asked: Case, theirs: Answer): Verdict {
  const ours = oursFor(host, asked);
  if (!("error" in theirs) && !("error" in ours)) {
    if (isEqual(ours, theirs)) return { kind: "equal" };
    if (isTie(ours, theirs)) return { kind: "tie" };
    if (isFloat(host, asked, ours, theirs)) return { kind: "float" };
  }
  if ("error" in theirs && "error" in ours) return { kind: "both_refuse" };
  const known = host.known.find((each) => each.is(asked, theirs, ours));
  if (known !== undefined) return { kind: "known", what: known.what };
  return { kind: "unexplained", ours, theirs };
}

const near = (a: number, b: number) => Math.abs(a - b) <= 2e-5 * Math.max(a, b) + 2e-7;

function isEqual(ours: Kept, theirs: Kept): boolean {
  return (
    ours.kept.length === theirs.kept.length &&
    ours.kept.every((id, i) => id === theirs.kept[i] && near(ours.p[i] as number, theirs.p[i] as number)) // as many
  );
}

function isTie(ours: Kept, theirs: Kept, close = near): boolean {
  if (ours.kept.length !== theirs.kept.length) return false;
  const falling = (a: number, b: number) => b - a;
  const other = theirs.p.toSorted(falling);
  return ours.p.toSorted(falling).every((p, i) => close(p, other[i] as number)); // as many
}

/** Options with a bound that a probability or a score can lie at. */
const BOUNDS = [
  "top_p",
  "min_p",
  "typical_p",
  "top_h",
  "epsilon_cutoff",
  "eta_cutoff",
  "top_n_sigma",
  "xtc_threshold",
  "tfs",
  "top_a",
];

function isFloat(host: Host, asked: Case, ours: Kept, theirs: Kept): boolean {
  const seen = large(theirs);
  if (isSame(large(ours), seen)) return true;
  const { defaults } = PRESETS.find(({ name }) => name === host.preset) as Preset; // hosts name presets
  for (const name of BOUNDS) {
    const bound = asked.options[name] ?? defaults[name];
    if (typeof bound !== "number") continue;
    for (const factor of [1 - 2e-5, 1 + 2e-5, 1 - 2e-6, 1 + 2e-6]) {
      const moved = oursFor(host, { ...asked, options: { ...asked.options, [name]: bound * factor } });
      if (!("error" in moved) && isSame(large(moved), seen)) return true;
    }
  }
  return false;
}

function isSame(ours: Kept, theirs: Kept): boolean {
  return isTie(ours, theirs, loose) || isLoose(ours, theirs);
}

const loose = (a: number, b: number) => Math.abs(a - b) <= 3e-4 * Math.max(a, b) + 2e-7;

/** The same tokens, probabilities within 3e-4: sums of a whole row in float32. */
function isLoose(ours: Kept, theirs: Kept): boolean {
  return (
    ours.kept.length === theirs.kept.length &&
    ours.kept.every((id, i) => id === theirs.kept[i] && loose(ours.p[i] as number, theirs.p[i] as number)) // as many
  );
}

/** The answer without tokens whose probability is 0 in float32, or close to it. */
function large({ kept, p }: Kept): Kept {
  const is_large = (i: number) => (p[i] as number) > 1e-30; // i is a place of the list
  const places = kept.map((_, i) => i).filter(is_large);
  return { kept: places.map((i) => kept[i] as number), p: places.map((i) => p[i] as number) };
}
