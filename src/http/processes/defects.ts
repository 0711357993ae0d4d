/**
 * What nothing has caught: a defect, after which a worker may not go on for long. It tells the primary at once, serves
 * until another does, answers what is under way, and ends. What it cannot answer soon is lost with it.
 */
import type { Logger } from "pino";
import type { App } from "../../app.ts";
import { GOING } from "./messages.ts";
import { tell } from "./tell.ts";

/** What Node calls them. */
export const DEFECTS = ["uncaughtException", "unhandledRejection"] as const;

/** Defects that are logged; a worker that ends may have the same one a thousand times more. */
const LOGGED_MAX = 10;

export interface DefectsOptions {
  readonly app: App;
  readonly log: Logger;
  /** Resolves when what is under way is answered. */
  readonly finish: () => Promise<void>;
}

export interface Defects {
  /** whether there was one */
  readonly found: boolean;
  /** Ends the process as soon as what is under way is answered, or takes too long. */
  end(): void;
}

/** Listens for what nothing catches. Call once a worker. */
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
    // The primary says when another serves. Where none does for so long, this one does not wait for it.
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
