/**
 * Work for a value that changes faster than the work takes, such as a slider's: one run at a time, and then one with
 * the newest value. There is no queue, and a running request is never aborted.
 */
export function followLatest<Value>(work: (value: Value) => Promise<void>): (value: Value) => void {
  let is_busy = false;
  let waiting: { value: Value } | undefined;
  const run = async (value: Value): Promise<void> => {
    is_busy = true;
    await work(value);
    is_busy = false;
    const next = waiting;
    waiting = undefined;
    if (next !== undefined) await run(next.value);
  };
  return (value) => {
    if (is_busy) waiting = { value };
    else void run(value);
  };
}
