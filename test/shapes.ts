/** V8's knowledge about objects: code compiled for one object works for all objects of the same shape. */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--allow-natives-syntax");
const haveSameMap = new Function("a", "b", "return %HaveSameMap(a, b)") as (a: object, b: object) => boolean;

/** The number of shapes of these objects. */
export function shapesAmong(objects: readonly object[]): number {
  const found: object[] = [];
  for (const object of objects) if (!found.some((other) => haveSameMap(other, object))) found.push(object);
  return found.length;
}
