/**
 * The browser's history: opening another row, view or set adds an entry that Back returns to; every other change, such
 * as a slider, updates the current entry. It knows addresses, not their meaning.
 */

/** Writing the address more often than this makes browsers complain while a slider moves. */
const WRITE_MS = 250;

let written = "";
let is_visit = false;
let timer = 0;

/** Called before the person moves on: the next state is a new history entry. */
export function visit(): void {
  flush();
  is_visit = true;
  // a visit that changes nothing, such as to the row that is already shown, is not recorded
  setTimeout(() => {
    is_visit = false;
  });
}

/** True when the person is on the way elsewhere just now. */
export function isVisiting(): boolean {
  return is_visit;
}

export function writeAddress(hash: string): void {
  if (hash === written) return;
  written = hash;
  clearTimeout(timer);
  if (is_visit) {
    is_visit = false;
    history.pushState(null, "", hash);
  } else timer = window.setTimeout(flush, WRITE_MS);
}

/** Brings the address up to date now. */
export function flush(): void {
  clearTimeout(timer);
  if (written !== "" && location.hash !== written) history.replaceState(null, "", written);
}

/** Calls back when the browser goes to another entry, or the address is changed by hand. */
export function onArrival(arrive: () => void): void {
  addEventListener("popstate", () => {
    if (location.hash === written) return;
    clearTimeout(timer);
    written = location.hash;
    arrive();
  });
}
