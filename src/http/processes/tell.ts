import type { BusMessage } from "../bus/bus.ts";
import type { WorksOn } from "./messages.ts";

/** Sends a message to the primary. Sending fails only if the primary has ended, and then this process ends too. */
export function tell(message: BusMessage | WorksOn | string): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
