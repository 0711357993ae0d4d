/**
 * A multinomial naive Bayes classifier of texts into "no" and "yes". It counts every word as independent evidence,
 * which words are not: its log-odds point the right way, but are many times too large.
 */

export interface NaiveBayes {
  /** ln P(word | yes) − ln P(word | no) of the words that it knows */
  readonly evidence: ReadonlyMap<string, number>;
  /** ln P(yes) − ln P(no) */
  readonly prior: number;
}

export interface Labelled {
  readonly words: readonly string[];
  readonly yes: boolean;
}

/** Lower-case words of three letters and more, each once. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[a-z$!'-]{3,20}/g) ?? [])];
}

/** Counts in how many texts of each kind a word occurs; one is added to every count (Laplace). */
export function train(texts: readonly Labelled[]): NaiveBayes {
  const counts = new Map<string, [no: number, yes: number]>();
  const totals: [number, number] = [0, 0];
  let yes_texts = 0;
  for (const { words, yes } of texts) {
    if (yes) yes_texts++;
    for (const word of words) {
      const count = counts.get(word) ?? [0, 0];
      count[yes ? 1 : 0]++;
      totals[yes ? 1 : 0]++;
      counts.set(word, count);
    }
  }
  const evidence = new Map<string, number>();
  for (const [word, [no, yes]] of counts) {
    evidence.set(
      word,
      Math.log((yes + 1) / (totals[1] + counts.size)) - Math.log((no + 1) / (totals[0] + counts.size)),
    );
  }
  return { evidence, prior: Math.log(yes_texts / (texts.length - yes_texts)) };
}

/** The single logit of "yes". */
export function logOddsOfYes({ evidence, prior }: NaiveBayes, words: readonly string[]): number {
  return words.reduce((sum, word) => sum + (evidence.get(word) ?? 0), prior);
}
