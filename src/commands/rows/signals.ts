/** Ctrl+C and SIGTERM, for commands that take a while. */
import { Interrupted } from "./interrupted.ts";

export interface Signals {
  /** aborted when a signal comes */
  readonly abort: AbortSignal;
  /** the signal that came; undefined while none has */
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

/** Does work that a signal ends. Throws Interrupted then, with the place that the work had come to. */
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
