// Where one draws, with a pen, a finger or a mouse; beside it what networks see of it.
import { useRef } from 'preact/hooks';
import { useBench } from '../bench';
import type { Point, Stroke } from '../strokes';
import { DigitImage } from './digit-image';
import { Examples } from './examples';

export function DrawingPad() {
  const { pad } = useBench();
  const sample = pad.sample.value;
  const image = pad.image.value;
  return (
    <section class="pad" aria-label="Drawing pad">
      <Paper />
      <div class="pad-foot">
        <figure class="seen" data-testid="seen">
          {image ? <DigitImage image={image} label="What networks see" /> : <span class="digit-image" />}
          <figcaption data-testid="caption">
            {sample ? `A ${sample.label} of MNIST` : image ? 'Yours, as networks see it' : 'Draw a digit'}
          </figcaption>
        </figure>
        <div class="controls">
          <button type="button" aria-disabled={!image} onClick={() => pad.clear()}>
            Clear
          </button>
          <button type="button" onClick={() => pad.showAnother()}>
            Another digit
          </button>
        </div>
      </div>
      <Examples />
    </section>
  );
}

function Paper() {
  const { pad } = useBench();
  const sheet = useRef<HTMLDivElement>(null);
  const pen = useRef<number | undefined>(undefined);
  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = sheet.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  };
  const begin = (event: PointerEvent) => {
    if (pen.current !== undefined || event.button !== 0) return;
    event.preventDefault();
    pen.current = event.pointerId;
    sheet.current?.setPointerCapture(event.pointerId);
    pad.begin(pointOf(event));
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId !== pen.current) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    pad.extend((passed.length > 0 ? passed : [event]).map(pointOf));
  };
  const end = (event: PointerEvent) => {
    if (event.pointerId !== pen.current) return;
    pen.current = undefined;
    pad.end();
  };
  return (
    <div
      class="paper"
      ref={sheet}
      data-testid="paper"
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
    >
      {pad.sample.value ? (
        <DigitImage image={pad.sample.value.image} />
      ) : (
        <svg viewBox="0 0 1 1" aria-hidden="true">
          {pad.strokes.value.map((stroke, index) => (
            <path key={index} d={pathOf(stroke)} />
          ))}
        </svg>
      )}
      {!pad.image.value && <p aria-hidden="true">Draw a digit here</p>}
    </div>
  );
}

/** A stroke of one point is a dot. */
const pathOf = (stroke: Stroke) => {
  const [first, ...others] = stroke.map(({ x, y }) => `${x.toFixed(4)} ${y.toFixed(4)}`);
  return `M${first}L${(others.length > 0 ? others : [first]).join(' ')}`;
};
