/**
 * JSON text made a piece at a time: the same text that `JSON.stringify` makes at once, with pauses for others. Numbers
 * take most of its time, and they stand in long lists.
 */

/** Entries of a list that are written without a pause: numbers take some 50 µs then. */
const PIECE = 512;

/** The text of a value that JSON can hold: undefined only as a field of an object, where it is left out. */
export function* writeInPieces(value: unknown): Generator<undefined, string> {
  if (Array.isArray(value)) return yield* writeList(value);
  if (typeof value !== "object" || value === null || "toJSON" in value) return JSON.stringify(value);
  const texts: string[] = [];
  for (const [name, field] of Object.entries(value))
    if (field !== undefined) texts.push(`${JSON.stringify(name)}:${yield* writeInPieces(field)}`);
  return `{${texts.join(",")}}`;
}

function* writeList(list: readonly unknown[]): Generator<undefined, string> {
  const texts: string[] = [];
  for (let from = 0; from < list.length; from += PIECE) {
    const piece = list.slice(from, from + PIECE);
    if (piece.some(isLong)) for (const each of piece) texts.push(yield* writeInPieces(each));
    else texts.push(JSON.stringify(piece).slice(1, -1));
    yield;
  }
  return `[${texts.join(",")}]`;
}

/** Whether a value may hold more than a piece's worth. */
function isLong(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > PIECE;
  return typeof value === "object" && value !== null && Object.values(value).some(isLong);
}
