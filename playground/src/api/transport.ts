/**
 * The seam between the page and what answers it: the service that sends the page. `npm run build:pages` puts in-page/transport.ts
 * in the place of this file, where the library in the page answers, and in-page/place.ts in that of place.ts.
 */

/** A request of the public API, by its path, and its answer. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

export const send: Send = (path, init) => fetch(path, init);
