/**
 * Makes a worker fail on request: with these variables, a worker of the built service throws an uncaught error each
 * time it gets the signal.
 */
const LISTENER = 'process.on("SIGWINCH", () => { throw new Error("a defect on order"); })';

export const DEFECT_SIGNAL = "SIGWINCH";
export const WITH_DEFECTS = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(LISTENER)}`,
};
