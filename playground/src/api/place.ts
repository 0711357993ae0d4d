/** The address of the page, as the page shows it. */

/** The service as programs reach it, for the page's code. */
export const service_url = location.origin;

/** Where every route and option is described. */
export const docs_url = "/docs";

/** Where the numbers of the page come from, for its foot. */
export const source_of_numbers =
  "Everything on this page is an answer of the service's public API; the page itself samples nothing.";
