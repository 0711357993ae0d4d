/** Formats numbers and tokens for the page: few digits, always the same number of digits for the same size. */

const COUNT = new Intl.NumberFormat("en-US");

/** 128256 → 128,256 */
export function count(n: number): string {
  return COUNT.format(n);
}

/** 0.1234 → 12.3 %, 0.00001 → 0.001 %: three digits, at most 5 decimals. */
export function percent(p: number): string {
  const x = 100 * p;
  if (x === 0) return "0 %";
  if (x >= 99.95) return x >= 99.9999 ? "100 %" : `${x.toFixed(2)} %`;
  if (x >= 9.995) return `${x.toFixed(1)} %`;
  if (x >= 0.0995) return `${x.toFixed(2)} %`;
  return x < 0.001 ? "< 0.001 %" : `${Number(x.toPrecision(2))} %`;
}

/** −0.312, with a true minus sign. */
export function signed(x: number, digits = 3): string {
  return x.toFixed(digits).replace("-", "−");
}

export function significant(x: number, digits = 3): string {
  return Number.isInteger(x) ? signed(x, 0) : String(Number(x.toPrecision(digits))).replace("-", "−");
}

/** Special tokens that end a text: GPT's, Llama's, Qwen's, SentencePiece's. */
const ENDS = /^(?:<\|(?:endoftext|end_of_text|eot_id|im_end)\|>|<\/s>|<eos>)$/;

/** True when the text belongs to a token that ends a text. */
export function isEnd(text: string): boolean {
  return ENDS.test(text);
}

/** A token's text with invisible characters made visible. */
export function visible(text: string): string {
  if (isEnd(text)) return "⏹ end of text";
  return text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replace(/^ /, "·").replace(/ $/, "·");
}

/** Prose form: “ sea” or token 287. */
export function named(token_id: number, label: string | undefined): string {
  return label === undefined ? `token ${token_id}` : `“${label}”`;
}
