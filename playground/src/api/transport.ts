/**
 * The interface between the page and what answers it: here, the service that sends the page. `npm run build:pages`
 * replaces this file by in-page/transport.ts, where the library in the page answers, and place.ts by in-page/place.ts.
 */

/** A request of the public API, by its path, and its answer. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

export const send: Send = (path, init) => fetch(path, init);
