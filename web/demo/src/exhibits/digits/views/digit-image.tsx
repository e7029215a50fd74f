import { useEffect, useRef } from 'preact/hooks';
import { side } from '../digits';

/** A digit's pixels, dark where the page is light. */
export function DigitImage({ image, label }: { image: Uint8Array; label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const drawn = context.createImageData(side, side);
    image.forEach((value, index) => (drawn.data[index * 4 + 3] = value));
    context.putImageData(drawn, 0, 0);
  }, [image]);
  return (
    <canvas
      class="digit-image"
      width={side}
      height={side}
      ref={canvas}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  );
}
