/**
 * Bytes of V8's small objects, measured with Node 20 and 24. Whatever is kept is charged with them: the mask of a
 * vocabulary of 8,192 tokens has 1,024 bytes and takes 1,400.
 */

/** A typed array and its buffer, without the bytes in it. */
export const ARRAY_BYTES = 320;
/** An entry of a Map whose keys are numbers. */
export const ENTRY_BYTES = 64;
