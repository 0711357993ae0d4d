/**
 * Seeded grammars in Lark. llguidance reads each lexeme as far as possible and does not check for an end. In these
 * grammars neighbouring lexemes never run into each other, and every rule ends, so both engines agree.
 */

type Random = () => number;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Lexemes of letters and digits, each with its definition. */
const WORDS: readonly string[] = [
  "/[a-z]+/",
  "/[0-9]{1,3}/",
  '"true" | "false"',
  "/[A-Z][a-z]*/",
  "/0x[0-9a-f]+/i",
  '"a".."f"',
  "/[a-z]+/ & /.{2,4}/",
  "/[a-c]+/ & ~/(?s:.*)bb(?s:.*)/",
  'DIGIT "." DIGIT',
  '"\\u00e9\\n"',
];
const MARKS: readonly string[] = ['"("', '")"', '","', '";"', '":="', '"["', '"]"'];

export function randomLark(random: Random): string {
  const count = 1 + Math.floor(random() * 3);
  const words = Array.from({ length: count }, () => pick(random, WORDS));
  const lines = words.map((word, i) => `W${i}: ${word}`);
  const rules = 1 + Math.floor(random() * 3);
  for (let rule = 0; rule < rules; rule++) lines.push(`r${rule}: ${body(random, count, rule, rules)}`);
  const ignored = random() < 0.5 ? ["%ignore / +/"] : [];
  return ["DIGIT: /[0-9]/", ...lines, 'start: r0 "."', ...ignored].join("\n");
}

/** Words with marks between them. A rule calls later ones, or itself in brackets. */
function body(random: Random, words: number, rule: number, rules: number): string {
  const word = () => `W${Math.floor(random() * words)}`;
  const inner = () => (rule + 1 < rules && random() < 0.5 ? `r${rule + 1}` : word());
  const again = () => (random() < 0.4 ? `"<" r${rule} ">"` : inner());
  const mark = () => pick(random, MARKS);
  switch (Math.floor(random() * 5)) {
    case 0:
      return `${inner()} (${mark()} ${inner()})*`;
    case 1:
      return `${word()} | ${mark()} ${again()} ${mark()}`;
    case 2:
      return `${mark()} [${inner()} ${mark()}] ${inner()}`;
    case 3:
      return `(${inner()} ${mark()}){1,3}`;
    default:
      return `${mark()} ${inner()} ${mark()}`;
  }
}
