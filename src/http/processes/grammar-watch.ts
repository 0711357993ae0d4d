/** A worker's side of the suspects: tells the primary which grammar it works on, and refuses those that it is told of. */
import type { GrammarWatch } from "../../grammar/grammars.ts";
import type { WorksOn } from "./messages.ts";

/** After so long without a piece of work on it, a grammar is no longer at work. In milliseconds. */
const IDLE_MS = 100;

export interface ToldGrammarWatch extends GrammarWatch {
  /** The primary says which grammars are refused. */
  refuse(grammars: readonly string[]): void;
}

/** `tell` must hand the message on before it returns: a piece of work may be the last thing that the worker does. */
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
