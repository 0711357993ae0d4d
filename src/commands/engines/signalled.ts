/** Ctrl+C and SIGTERM as an AbortSignal, for commands that wait. */

export interface Signalled {
  readonly signal: AbortSignal;
  /** the signal that came; undefined: none */
  readonly heard: NodeJS.Signals | undefined;
  forget(): void;
}

export function signalled(): Signalled {
  const controller = new AbortController();
  let heard: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals) => {
    heard = signal;
    controller.abort();
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  return {
    signal: controller.signal,
    get heard() {
      return heard;
    },
    forget: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
  };
}
