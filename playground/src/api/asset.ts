/// <reference path="../vite.d.ts" />
/** Files that are sent with the page, wherever it is hosted. */

/** The address of a file of the page, such as `examples/ship.json`. */
export function asset(path: string): string {
  return `${import.meta.env.BASE_URL}${path}`;
}
