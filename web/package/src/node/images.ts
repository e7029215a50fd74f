// PNG, JPEG and WebP files to pixels. JPEG goes through libjpeg (mozjpeg), WebP through libwebp, as in browsers and Pillow: the
// same pixels.
import { fileURLToPath } from 'node:url';
import decodeJpeg, { init as initJpeg } from '@jsquash/jpeg/decode.js';
import decodeWebp, { init as initWebp } from '@jsquash/webp/decode.js';
import { PNG } from 'pngjs';
import { messageOf } from '../error.js';
import type { RgbaImage } from '../preprocess/resize.js';
import { contentError, readBytes } from './files.js';

/**
 * Decodes an image file, a JPEG turned upright as its EXIF data says.
 * @throws OctavoError `File` when it cannot be read, `InvalidData` when it is no whole PNG, JPEG or WebP
 */
export async function readImage(path: string): Promise<RgbaImage> {
  const bytes = await readBytes(path);
  const startsWith = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (startsWith(0xff, 0xd8, 0xff)) return jpegPixels(path, bytes);
  if (startsWith(0x89, 0x50, 0x4e, 0x47)) return pngPixels(path, bytes);
  if (startsWith(...riff) && webp.every((byte, i) => bytes[8 + i] === byte)) return webpPixels(path, bytes);
  throw contentError(path, 'is none of PNG, JPEG and WebP');
}

const riff = Buffer.from('RIFF');
const webp = Buffer.from('WEBP');

/** The WebAssembly of a decoder, which build.mjs puts beside its package's code. */
const decoder = (name: string) => readBytes(fileURLToPath(new URL(`../vendor/${name}`, import.meta.url)));

/** What libjpeg said since its module was made; undefined while there is no module. */
let jpegComplaints: string[] | undefined;

async function startJpegDecoder(): Promise<string[]> {
  const wasmBinary = await decoder('mozjpeg_dec.wasm');
  const complaints: string[] = [];
  await initJpeg({ wasmBinary, printErr: (text: string) => complaints.push(text) });
  return complaints;
}

/** libjpeg only warns of a file that ends early, and gives up its module on worse: after either, a new one is made. */
async function jpegPixels(path: string, bytes: Uint8Array): Promise<RgbaImage> {
  const complaints = (jpegComplaints ??= await startJpegDecoder());
  try {
    const pixels = await decodeJpeg(bytes.slice().buffer, { preserveOrientation: true });
    if (complaints.length === 0) return pixels;
  } catch (error) {
    if (error instanceof Error) complaints.push(error.message);
  }
  jpegComplaints = undefined;
  throw contentError(path, `is no whole JPEG: ${complaints.join('; ')}`);
}

let webpDecoder: Promise<void> | undefined;

async function webpPixels(path: string, bytes: Uint8Array): Promise<RgbaImage> {
  webpDecoder ??= decoder('webp_dec.wasm').then((wasmBinary) => initWebp({ wasmBinary }));
  await webpDecoder;
  try {
    return await decodeWebp(bytes.slice().buffer);
  } catch (error) {
    throw contentError(path, `is no whole WebP: ${messageOf(error)}`, error);
  }
}

function pngPixels(path: string, bytes: Uint8Array): RgbaImage {
  try {
    return PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw contentError(path, `is no whole PNG: ${messageOf(error)}`, error);
  }
}
