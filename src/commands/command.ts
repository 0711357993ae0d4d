/** A command of `logit-sampler`: a word, what it does in one line, and what it does with the words behind it. */
export interface Command {
  readonly name: string;
  /** one line of the list that --help prints */
  readonly about: string;
  /** every option, for the completion of shells */
  readonly options: readonly string[];
  run(words: readonly string[]): Promise<void> | void;
}

/** The name as it is called. */
export function called(name: string): string {
  return `logit-sampler ${name}`;
}
