/** A digit of 28 × 28 grey pixels. */
import { useEffect, useRef } from "preact/hooks";

const SIDE = 28;

export function Picture({ pixels, title }: { pixels: ArrayLike<number>; title: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      image.data.fill(255 - (pixels[i] ?? 0), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [pixels]);
  return <canvas class="digit" ref={canvas} width={SIDE} height={SIDE} role="img" aria-label={title} />;
}
