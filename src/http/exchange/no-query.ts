/** Refuses options in query strings that no route reads. */
import { Problem, pointerTo, shorten } from "../../errors.ts";
import { parseQuery } from "../../wire/query.ts";

const NO_LISTS: ReadonlySet<string> = new Set();

/** Throws a Problem if the query string of this URL holds an option. `place` says where options belong. */
export function requireNoQuery(url: string | undefined, place: string): void {
  const mark = url?.indexOf("?") ?? -1;
  if (url === undefined || mark < 0) return;
  const [misplaced] = Object.keys(parseQuery(url.slice(mark + 1), NO_LISTS));
  if (misplaced === undefined) return;
  throw new Problem(
    "option_conflict",
    `${place}, got ${shorten(misplaced)} in the query string`,
    pointerTo([misplaced]),
  );
}
