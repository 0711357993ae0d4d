/** What V8 knows of objects: those of one shape are read by what was learnt of any of them. */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--allow-natives-syntax");
const haveSameMap = new Function("a", "b", "return %HaveSameMap(a, b)") as (a: object, b: object) => boolean;

/** The number of shapes of these objects. */
export function shapesAmong(objects: readonly object[]): number {
  const found: object[] = [];
  for (const object of objects) if (!found.some((other) => haveSameMap(other, object))) found.push(object);
  return found.length;
}
