/** The addresses of a page without a service, on any file server. */
import { asset } from "../asset.ts";

/** Programs use a service that the user runs. */
export const service_url = "http://localhost:8080";

export const docs_url = asset("openapi.json");

export const source_of_numbers =
  "Everything on this page is computed in your browser, by the sampler's own library: what the service answers, bit for bit.";
