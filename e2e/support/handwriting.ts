// Digits as a steady hand draws them, in shares of the pad.
import type { Page } from '@playwright/test';

export type Line = readonly (readonly [number, number])[];

/** Part of an ellipse, from one angle to another, in turns from the right on, clockwise. */
const arc = (x: number, y: number, width: number, height: number, from: number, to: number): Line =>
  Array.from({ length: 13 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / 12);
    return [x + width * Math.cos(angle), y + height * Math.sin(angle)] as const;
  });

export const seven: Line = [
  [0.25, 0.2],
  [0.75, 0.2],
  [0.45, 0.8],
];

/** Each digit, in one or two lines. */
export const written: readonly (readonly Line[])[] = [
  [arc(0.5, 0.5, 0.22, 0.32, 0.75, 1.75)],
  [
    [
      [0.5, 0.2],
      [0.5, 0.8],
    ],
  ],
  [[...arc(0.5, 0.35, 0.2, 0.17, 0.55, 1.05), [0.3, 0.8], [0.72, 0.8]]],
  [[...arc(0.48, 0.34, 0.19, 0.15, 0.6, 1.25), ...arc(0.48, 0.65, 0.21, 0.16, 0.75, 1.4)]],
  [
    [
      [0.35, 0.2],
      [0.3, 0.55],
      [0.7, 0.55],
    ],
    [
      [0.65, 0.2],
      [0.65, 0.8],
    ],
  ],
  [
    [[0.34, 0.2], [0.32, 0.45], ...arc(0.48, 0.6, 0.2, 0.18, 0.65, 1.4)],
    [
      [0.34, 0.2],
      [0.68, 0.2],
    ],
  ],
  [[[0.6, 0.18], [0.38, 0.45], ...arc(0.5, 0.64, 0.17, 0.16, 0.5, 1.5)]],
  [seven],
  [[...arc(0.5, 0.34, 0.15, 0.14, 0.25, 1.25), ...arc(0.5, 0.65, 0.18, 0.17, 0.75, 1.75)]],
  [[...arc(0.5, 0.36, 0.16, 0.16, 0, 1), [0.62, 0.8]]],
];

/** Draws a line on the pad with the mouse. */
export async function draw(page: Page, points: Line): Promise<void> {
  const paper = page.getByTestId('paper');
  const { x, y, width, height } = await paper.evaluate((element) => {
    element.scrollIntoView({ block: 'nearest' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  });
  const [first, ...others] = points.map(([right, down]) => [x + right * width, y + down * height] as const);
  if (!first) return;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: 3 });
  await page.mouse.up();
}
