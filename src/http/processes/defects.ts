/**
 * Handles uncaught errors. After one, the state of a worker is unknown, so it must end soon. It tells the primary at
 * once, serves until another worker does, answers the requests in progress, and ends. Requests that take too long are
 * lost.
 */
import type { Logger } from "pino";
import type { App } from "../../app.ts";
import { GOING } from "./messages.ts";
import { tell } from "./tell.ts";

/** Node's events for them. */
export const DEFECTS = ["uncaughtException", "unhandledRejection"] as const;

/** Maximum number of logged defects: the same one may occur a thousand times before the worker ends. */
const LOGGED_MAX = 10;

export interface DefectsOptions {
  readonly app: App;
  readonly log: Logger;
  /** Resolves when the requests in progress are answered. */
  readonly finish: () => Promise<void>;
}

export interface Defects {
  /** whether there was one */
  readonly found: boolean;
  /** Ends the process once the requests in progress are answered, or after a time limit. */
  end(): void;
}

/** Listens for uncaught errors. Call once a worker. */
export function takeDefects({ app, log, finish }: DefectsOptions): Defects {
  const { defect_shutdown_ms, shutdown_ms } = app.service.config.limits;
  let count = 0;
  const exit = () => process.exit(1);
  const end = () => {
    setTimeout(exit, defect_shutdown_ms);
    finish().then(exit, exit);
  };
  const take = (err: unknown) => {
    count += 1;
    if (count <= LOGGED_MAX) log.fatal({ err }, "a defect ends the worker");
    if (count > 1) return;
    app.service.admission.draining = true;
    tell(GOING);
    // The primary says when another worker serves. After this time the worker ends without one.
    setTimeout(end, app.service.admission.standby ? 0 : shutdown_ms);
  };
  for (const name of DEFECTS) process.on(name, take);
  return {
    get found() {
      return count > 0;
    },
    end,
  };
}
