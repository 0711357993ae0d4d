/** Where a JSON value inside another text ends. */

const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\]]|[^\s{}[\]",:]+/gs;

/** The index after the value that begins at `from`; the text's length when it does not end. */
export function endOfJson(source: string, from: number): number {
  PIECES.lastIndex = from;
  let depth = 0;
  for (let piece = PIECES.exec(source); piece !== null; piece = PIECES.exec(source)) {
    const [text] = piece;
    if (text === "{" || text === "[") depth++;
    else if (text === "}" || text === "]") depth--;
    if (depth <= 0) return piece.index + text.length;
  }
  return source.length;
}
