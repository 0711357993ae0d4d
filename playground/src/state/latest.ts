/**
 * Work that follows a value that changes faster than the work takes, such as a slider: one run at a time, and then
 * one with the newest value. Nothing queues up and nothing that is under way is thrown away.
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
