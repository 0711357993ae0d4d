/** Handles Ctrl+C and SIGTERM for long commands. */
import { Interrupted } from "./interrupted.ts";

export interface Signals {
  /** aborted when a signal comes */
  readonly abort: AbortSignal;
  /** the signal; undefined before one comes */
  readonly heard: NodeJS.Signals | undefined;
  /** Stops listening. */
  forget(): void;
}

/** Listens until `forget`. */
export function watchSignals(): Signals {
  const controller = new AbortController();
  let heard: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals) => {
    heard = signal;
    controller.abort();
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  return {
    abort: controller.signal,
    get heard() {
      return heard;
    },
    forget: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
  };
}

/** Runs work that a signal may end. Throws Interrupted after a signal, with the place that the work has reached. */
export async function interruptible(
  place: () => string,
  work: (abort: AbortSignal) => Promise<void>,
): Promise<void> {
  const signals = watchSignals();
  try {
    await work(signals.abort);
  } catch (error) {
    throw signals.heard === undefined ? error : new Interrupted(signals.heard, place());
  } finally {
    signals.forget();
  }
}
