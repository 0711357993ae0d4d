/** A worker's side of the suspects: reports to the primary which grammar it works on, and refuses the grammars that the primary names. */
import type { GrammarWatch } from "../../grammar/grammars.ts";
import type { WorksOn } from "./messages.ts";

/** Milliseconds without a piece of work after which no grammar is at work. */
const IDLE_MS = 100;

export interface ToldGrammarWatch extends GrammarWatch {
  /** The primary says which grammars are refused. */
  refuse(grammars: readonly string[]): void;
}

/** `tell` must hand the message to the system before it returns: the worker may hang in the piece of work that follows. */
export function createGrammarWatch(tell: (message: WorksOn) => void): ToldGrammarWatch {
  let refused: ReadonlySet<string> = new Set();
  let at_work: string | undefined;
  let has_worked = false;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    timer = undefined;
    if (has_worked) wait();
    else {
      at_work = undefined;
      tell({ works_on: null });
    }
  };
  const wait = () => {
    has_worked = false;
    timer = setTimeout(look, IDLE_MS).unref();
  };
  return {
    works(grammar) {
      has_worked = true;
      if (timer === undefined) wait();
      if (grammar === at_work) return;
      at_work = grammar;
      tell({ works_on: grammar });
    },
    isRefused: (grammar) => refused.has(grammar),
    refuse(grammars) {
      refused = new Set(grammars);
    },
  };
}
