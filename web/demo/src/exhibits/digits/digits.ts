// Digits of 28 x 28 pixels: those of the sheet (models/README.md), and how networks are fed with them.
import { Tensor } from 'octavo';
import { Problem } from '../../page/problem';

export const classes = 10;
export const side = 28;
export const pixels = side * side;

const columns = 100;
/** Of each class, of which the last is to validate on. */
const rows = 5;

/** Digits one after the other, 0..255 a pixel, and what each is. */
export interface Digits {
  images: Uint8Array;
  labels: Uint8Array;
}

export interface DigitSheet {
  training: Digits;
  validation: Digits;
}

const room = (count: number): Digits => ({
  images: new Uint8Array(count * pixels),
  labels: new Uint8Array(count),
});

/** Reads the sheet, a row of digits at a time. */
export async function readSheet(file: Blob): Promise<DigitSheet> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Problem('This browser cannot read the sheet of digits.');
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns * side, side];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Problem('This browser gives the page no canvas to read pictures with.');
  const sheet = { training: room(classes * (rows - 1) * columns), validation: room(classes * columns) };
  for (let digit = 0; digit < classes; ++digit) {
    for (let row = 0; row < rows; ++row) {
      context.drawImage(bitmap, 0, -(digit * rows + row) * side);
      const { data } = context.getImageData(0, 0, canvas.width, side);
      if (row === rows - 1) takeRow(data, sheet.validation, digit * columns, digit);
      else takeRow(data, sheet.training, (digit * (rows - 1) + row) * columns, digit);
    }
  }
  bitmap.close();
  return sheet;
}

/** Of a row's pixels, as RGBA, its digits, to `first` and those behind it. */
function takeRow(rgba: Uint8ClampedArray, { images, labels }: Digits, first: number, digit: number): void {
  labels.fill(digit, first, first + columns);
  for (let y = 0; y < side; ++y) {
    for (let x = 0; x < columns * side; ++x) {
      const column = Math.floor(x / side);
      images[(first + column) * pixels + y * side + (x % side)] = rgba[(y * columns * side + x) * 4] ?? 0;
    }
  }
}

export const imageOf = ({ images }: Digits, index: number): Uint8Array =>
  images.subarray(index * pixels, (index + 1) * pixels);

/** What networks are fed with: some digits at once. */
export function tensorOf(images: Uint8Array): Tensor<'float32'> {
  const values = Float32Array.from(images, (value) => value / 255);
  return new Tensor('float32', values, [images.length / pixels, 1, side, side]);
}

/** `count` digits, spread over all of them. */
export function spread(digits: Digits, count: number): Uint8Array[] {
  const all = digits.labels.length;
  return Array.from({ length: count }, (_, index) => imageOf(digits, Math.floor((index * all) / count)));
}
