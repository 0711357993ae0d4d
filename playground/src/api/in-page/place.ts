/** Where the page is, without a service: on any host of files. */
import { asset } from "../asset.ts";

/** Programs reach the service of somebody's own. */
export const service_url = "http://localhost:8080";

export const docs_url = asset("openapi.json");

export const source_of_numbers =
  "Everything on this page is computed in your browser, by the sampler's own library: what the service answers, bit for bit.";
