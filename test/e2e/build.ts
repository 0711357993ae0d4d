/** Runs once before the end-to-end tests, which start the output of `npm run build`. */
export { buildService as setup } from "../../evidence/service.ts";
