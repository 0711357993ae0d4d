/** Runs once before the end-to-end tests, which start what `npm run build` made. */
export { buildService as setup } from "../../evidence/service.ts";
