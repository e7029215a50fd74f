// Reads the text of a picture with PaddleOCR's PP-OCRv4: one network finds where text is, another reads each line of it. For
// pages and Node alike; pictures are RGBA pixels, as a canvas or `readImage` has them.
import { imageToTensor, preprocessingFor } from 'octavo';

/** How sure the detector is that a pixel is text: of a pixel, and of all of a box in the mean. */
const [surePixel, sureBox] = [0.3, 0.6];
/** The detector sees the inner part of letters; boxes are enlarged by this ratio of area to perimeter. */
const enlargement = 1.6;
const longestSide = 960;

/** @typedef {import('octavo').RgbaImage} Image */
/** @typedef {{ left: number, top: number, width: number, height: number }} Box */

export class TextReader {
  /**
   * @param {import('octavo').Model} detector picture → how sure each pixel is text
   * @param {import('octavo').Model} recognizer line → likelihood of each letter, from left to right
   * @param {string} keys the letters, one a line
   */
  constructor(detector, recognizer, keys) {
    this.detector = detector;
    this.recognizer = recognizer;
    this.keys = keys;
    // The first is that there is none.
    this.letters = ['', ...keys.split('\n'), ' '];
  }

  /**
   * All pieces of a picture's text, in the order in which one reads.
   * @param {Image} image
   */
  async read(image) {
    const lines = [];
    for (const box of await this.find(image)) lines.push({ box, ...(await this.readLine(crop(image, box))) });
    return lines;
  }

  /**
   * Where text is.
   * @param {Image} image
   * @returns {Promise<Box[]>}
   */
  async find(image) {
    const input = this.detectorInput(image);
    const [map] = Object.values(await this.detector.run(input));
    const [height, width] = map.dims.slice(2);
    const [across, down] = [image.width / width, image.height / height];
    const boxes = boxesOf(/** @type {Float32Array} */ (map.data), width, height).map((box) => {
      const [wide, high] = [box.right - box.left, box.bottom - box.top];
      const margin = (enlargement * wide * high) / (2 * (wide + high));
      const left = Math.max(0, Math.floor((box.left - margin) * across));
      const top = Math.max(0, Math.floor((box.top - margin) * down));
      const right = Math.min(image.width, Math.ceil((box.right + margin) * across));
      const bottom = Math.min(image.height, Math.ceil((box.bottom + margin) * down));
      return { left, top, width: right - left, height: bottom - top };
    });
    return inReadingOrder(boxes);
  }

  /**
   * The text of one line, and how sure the least sure letter is.
   * @param {Image} line
   */
  async readLine(line) {
    const [likelihoods] = Object.values(await this.recognizer.run(this.recognizerInput(line)));
    return this.#decode(/** @type {import('octavo').Tensor<'float32'>} */ (likelihoods));
  }

  /**
   * A picture as the detector wants it: both sides multiples of 32.
   * @param {Image} image
   */
  detectorInput(image) {
    const scale = Math.min(1, longestSide / Math.max(image.width, image.height));
    const [width, height] = [image.width, image.height].map(
      (side) => 32 * Math.max(1, Math.round((side * scale) / 32)),
    );
    return asInput(image, this.detector, 'imagenet', { width, height });
  }

  /**
   * A line as the recognizer wants it: 48 pixels high, as wide as that makes it.
   * @param {Image} line
   */
  recognizerInput(line) {
    const width = Math.max(48, Math.round((line.width / line.height) * 48));
    return asInput(line, this.recognizer, 'minus-one-one', { width, height: 48 });
  }

  /**
   * All that the two networks are fed with for a picture.
   * @param {Image} image
   */
  async inputs(image) {
    const boxes = await this.find(image);
    return {
      detector: [this.detectorInput(image)],
      recognizer: boxes.map((box) => this.recognizerInput(crop(image, box))),
    };
  }

  /**
   * Greedy decoding of CTC: the likeliest letter of each place, without those that repeat the one before.
   * @param {import('octavo').Tensor<'float32'>} likelihoods
   */
  #decode({ data, dims: [, places, letters] }) {
    let [text, sure, before] = ['', 1, 0];
    for (let place = 0; place < places; ++place) {
      const row = data.subarray(place * letters, (place + 1) * letters);
      const best = row.indexOf(row.reduce((most, value) => Math.max(most, value)));
      if (best !== 0 && best !== before) {
        text += this.letters[best];
        sure = Math.min(sure, row[best]);
      }
      before = best;
    }
    return { text, sure };
  }

  /**
   * The same in eight bits, calibrated on a picture with text.
   * @param {Image} image
   */
  async quantize(image) {
    const { detector, recognizer } = await this.inputs(image);
    return new TextReader(
      await this.detector.quantizeStatic({ calibration: detector }),
      await this.recognizer.quantizeStatic({ calibration: recognizer }),
      this.keys,
    );
  }

  dispose() {
    this.detector.dispose();
    this.recognizer.dispose();
  }
}

/**
 * A picture as PaddleOCR's networks want it, in a size that one says.
 * @param {Image} image
 * @param {import('octavo').Model} network
 * @param {import('octavo').PreprocessingName} preset
 * @param {{ width: number, height: number }} size
 */
const asInput = (image, network, preset, size) =>
  imageToTensor(
    image,
    preprocessingFor(network.inputs[0], preset, { resize: 'stretch', channels: 'BGR', ...size }),
  );

/** Boxes around connected pixels that are surely text. */
function boxesOf(map, width, height) {
  const seen = new Uint8Array(map.length);
  const boxes = [];
  map.forEach((sure, start) => {
    if (sure <= surePixel || seen[start]) return;
    const box = { left: width, top: height, right: 0, bottom: 0 };
    let [sum, count] = [0, 0];
    const waiting = [start];
    seen[start] = 1;
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      [box.left, box.top] = [Math.min(box.left, x), Math.min(box.top, y)];
      [box.right, box.bottom] = [Math.max(box.right, x + 1), Math.max(box.bottom, y + 1)];
      [sum, count] = [sum + map[at], count + 1];
      for (const [dx, dy] of [
        [-1, 0],
        [1, 0],
        [0, -1],
        [0, 1],
      ]) {
        const next = at + dx + dy * width;
        if (x + dx < 0 || x + dx >= width || !(map[next] > surePixel) || seen[next]) continue;
        seen[next] = 1;
        waiting.push(next);
      }
    }
    if (sum / count >= sureBox && Math.min(box.right - box.left, box.bottom - box.top) >= 3) boxes.push(box);
  });
  return boxes;
}

/** Row by row: what begins above the middle of a row's first box is in that row. */
function inReadingOrder(boxes) {
  const rows = [];
  for (const box of boxes.sort((a, b) => a.top - b.top)) {
    const row = rows.at(-1);
    if (row && box.top < row[0].top + row[0].height / 2) row.push(box);
    else rows.push([box]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.left - b.left));
}

/** Part of a picture. */
function crop({ data, width: across }, { left, top, width, height }) {
  const part = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; ++y) {
    const begin = 4 * ((top + y) * across + left);
    part.set(data.subarray(begin, begin + 4 * width), 4 * y * width);
  }
  return { data: part, width, height };
}
