/// <reference path="./seedrandom-tychei.d.ts" />
/** The one generator of seedrandom that is used here. Its file alone: the package's index brings five others into each bundle. */
export { default as tychei } from "seedrandom/lib/tychei.js";
