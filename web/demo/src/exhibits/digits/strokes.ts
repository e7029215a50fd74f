// From strokes of a pen to a digit as those of MNIST are made: fitted into a square of 20 x 20 pixels, its centre of mass in the
// middle of 28 x 28 (LeCun et al. 1998, http://yann.lecun.com/exdb/mnist).
import { pixels, side } from './digits';

export interface Point {
  x: number;
  y: number;
}

/** Where the pen was, in order; one point is a dot. */
export type Stroke = readonly Point[];

const box = 20;
/** Of the pen, in pixels of the digit: digits of MNIST are about as thick, however large they were written. */
export const penRadius = 1.3;

/** The digit, 0..255 a pixel. Strokes may have any unit; y grows downwards. */
export function digitOf(strokes: readonly Stroke[]): Uint8Array {
  const points = strokes.flat();
  if (points.length === 0) return new Uint8Array(pixels);
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const length = Math.max(right - left, bottom - top);
  const scale = length > 0 ? (box - 2 * penRadius) / length : 0;
  const placed = (dx: number, dy: number) =>
    strokes.map((stroke) =>
      stroke.map(({ x, y }) => ({
        x: (x - (left + right) / 2) * scale + side / 2 + dx,
        y: (y - (top + bottom) / 2) * scale + side / 2 + dy,
      })),
    );
  const { x, y } = centreOfMass(draw(placed(0, 0)));
  return draw(placed(side / 2 - x, side / 2 - y));
}

/** Each pixel is as dark as the pen covers it. */
function draw(strokes: readonly Stroke[]): Uint8Array {
  const image = new Uint8Array(pixels);
  for (let index = 0; index < pixels; ++index) {
    const centre = { x: (index % side) + 0.5, y: Math.floor(index / side) + 0.5 };
    let nearest = Infinity;
    for (const stroke of strokes) {
      stroke.forEach((point, i) => {
        nearest = Math.min(nearest, distance(centre, stroke[i - 1] ?? point, point));
      });
    }
    image[index] = Math.round(255 * Math.min(1, Math.max(0, penRadius + 0.5 - nearest)));
  }
  return image;
}

/** Of a point from the line between two others. */
function distance({ x, y }: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = squared > 0 ? ((x - from.x) * dx + (y - from.y) * dy) / squared : 0;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from.x - t * dx, y - from.y - t * dy);
}

function centreOfMass(image: Uint8Array): Point {
  let [mass, x, y] = [0, 0, 0];
  image.forEach((value, index) => {
    mass += value;
    x += value * ((index % side) + 0.5);
    y += value * (Math.floor(index / side) + 0.5);
  });
  return { x: x / mass, y: y / mass };
}
