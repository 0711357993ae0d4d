/** The address of the page, as the page shows it. */

/** The service's address for the programs of the code panel. */
export const service_url = location.origin;

/** The documentation of all routes and options. */
export const docs_url = "/docs";

/** The source of the page's numbers, for the foot of the page. */
export const source_of_numbers =
  "Everything on this page is an answer of the service's public API; the page itself samples nothing.";
