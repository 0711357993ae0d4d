/** Suggestions for an unknown name: the known names with the most similar spelling. */

/** Longer names are not typing errors, and comparing them takes long. */
const LENGTH_MAX = 48;
/** Longer lists are not searched. */
const KNOWN_MAX = 1000;
/** When more names than this are equally near, none is suggested. */
const NAMED_MAX = 4;
/** A name of at least this number of letters may be the beginning of a longer one. */
const BEGINNING_MIN = 4;

/**
 * `; did you mean "top_p"?`, to be put after the sentence that a name is unknown; nothing when no known name is near:
 * at most three letters in ten may differ. Capitals, blanks, hyphens and underscores do not count: topP is top_p.
 */
export function didYouMean(given: unknown, known: Iterable<string>): string {
  const all = [...new Set(known)];
  if (typeof given !== "string" || given.length > LENGTH_MAX || all.length > KNOWN_MAX) return "";
  const names = nearest(lettersOf(given), all).map((name) => JSON.stringify(name));
  if (names.length === 0 || names.length > NAMED_MAX) return "";
  const last = names.pop();
  return `; did you mean ${names.length === 0 ? last : `${names.join(", ")} or ${last}`}?`;
}

/** The same with all that is known after it: `; did you mean "top_p"? Known: temperature, top_k, …`. */
export function amongKnown(given: unknown, known: readonly string[]): string {
  const meant = didYouMean(given, known);
  return `${meant === "" ? "; known" : `${meant} Known`}: ${known.join(", ")}`;
}

function nearest(given: string, known: readonly string[]): string[] {
  let least = Number.POSITIVE_INFINITY;
  let names: string[] = [];
  for (const name of known) {
    const letters = lettersOf(name);
    const allowed = Math.floor(Math.max(given.length, letters.length) * 0.3);
    const distance =
      Math.abs(given.length - letters.length) > allowed ? allowed + 1 : distanceOf(given, letters);
    if (distance > allowed || distance > least) continue;
    names = distance < least ? [name] : [...names, name];
    least = distance;
  }
  if (names.length > 0) return names;
  // "k" in the options of top_k.
  const ending = known.filter((name) => name.endsWith(`_${given}`));
  if (ending.length === 1 || given.length < BEGINNING_MIN) return ending.length === 1 ? ending : [];
  const longer = known.filter((name) => lettersOf(name).startsWith(given));
  // Options of one stage begin with its name; the suggestion is the stage's own option.
  return longer.filter((name) => longer.every((each) => each === name || !name.startsWith(`${each}_`)));
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, "");
}

/** How many letters must be put in, left out, changed, or changed places with their neighbour. */
function distanceOf(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (last[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      const turned = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = turned ? (before[j - 2] as number) + 1 : changed;
      row.push(Math.min(changed, swapped, (row[j - 1] as number) + 1, (last[j] as number) + 1)); // all written before
    }
    before = last;
    last = row;
  }
  return last[other.length] as number; // one longer than the word
}
