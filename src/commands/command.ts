/** A command of `logit-sampler`: what it takes, and what it does with the words behind its name. */
export interface Command {
  /** every option, for the completion of shells */
  readonly options: readonly string[];
  run(words: readonly string[]): Promise<void> | void;
}

/** A command in the list: it is loaded when it is asked for, since one has little use for what the others are made of. */
export interface Listed {
  readonly name: string;
  /** one line of what --help prints */
  readonly about: string;
  load(): Promise<Command>;
}

/** The name as it is called. */
export function called(name: string): string {
  return `logit-sampler ${name}`;
}
