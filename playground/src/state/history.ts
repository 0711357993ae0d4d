/**
 * The browser's history: opening another row, view or set adds an entry that Back returns to; every other change, such
 * as a slider, updates the current entry. It knows addresses, not their meaning.
 */

/** Browsers complain when the address is written more often than this, for example while a slider moves. */
const WRITE_MS = 250;

let written = "";
let is_visit = false;
let timer = 0;

/** Called before the user moves on: the next state becomes a new history entry. */
export function visit(): void {
  flush();
  is_visit = true;
  // a visit that changes nothing, such as to the row that is already shown, is not recorded
  setTimeout(() => {
    is_visit = false;
  });
}

/** True while the user is moving to another state. */
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

/** Updates the address now. */
export function flush(): void {
  clearTimeout(timer);
  if (written !== "" && location.hash !== written) history.replaceState(null, "", written);
}

/** Calls back when the browser moves to another entry, or the address is changed by hand. */
export function onArrival(arrive: () => void): void {
  addEventListener("popstate", () => {
    if (location.hash === written) return;
    clearTimeout(timer);
    written = location.hash;
    arrive();
  });
}
