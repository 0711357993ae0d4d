/**
 * Deadlines of requests, looked after by one timer: a timer for each request would cost more than reading its
 * headers. They are met to within a tenth of their length.
 */

export interface Deadlines {
  /** Calls `missed` once, about `ms` milliseconds from now, unless it is deleted before. */
  add(missed: () => void, ms: number): void;
  delete(missed: () => void): void;
}

/** `tick_ms` is how often the deadlines are looked at; nothing runs while there are none. */
export function createDeadlines(tick_ms: number): Deadlines {
  const due = new Map<() => void, number>();
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const now = performance.now();
    for (const [missed, at] of due) {
      if (at > now) continue;
      due.delete(missed);
      missed();
    }
    if (due.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    add(missed, ms) {
      due.set(missed, performance.now() + ms);
      timer ??= setInterval(look, tick_ms).unref();
    },
    delete: (missed) => void due.delete(missed),
  };
}
