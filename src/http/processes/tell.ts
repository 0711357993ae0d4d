import type { BusMessage } from "../bus/bus.ts";
import type { WorksOn } from "./messages.ts";

/** Tells the primary. Sending fails only when it is gone, and then this process ends too. */
export function tell(message: BusMessage | WorksOn | string): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
