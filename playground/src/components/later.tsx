/**
 * A part of the page whose code is loaded when it is first shown, so that parts which most visits never open cost
 * nothing.
 */
import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect } from "preact/hooks";

/** `meanwhile` keeps its place while the code loads. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: ComponentChildren,
): ComponentType<Props> {
  const loaded: Signal<ComponentType<Props> | undefined> = signal(undefined);
  return (props) => {
    useEffect(() => {
      void load().then((component) => {
        loaded.value = component;
      });
    }, []);
    const Part = loaded.value;
    return Part === undefined ? meanwhile : <Part {...props} />;
  };
}
