// PNG and JPEG files to pixels. JPEG goes through libjpeg (mozjpeg), as in browsers and Pillow: the same pixels.
import { fileURLToPath } from 'node:url';
import decodeJpeg, { init as initJpeg } from '@jsquash/jpeg/decode.js';
import { PNG } from 'pngjs';
import type { RgbaImage } from '../preprocess/resize.js';
import { contentError, readBytes } from './files.js';

/**
 * Decodes an image file, turned upright as its EXIF data says.
 * @throws OctavoError `File` when it cannot be read, `InvalidData` when it is no whole PNG or JPEG
 */
export async function readImage(path: string): Promise<RgbaImage> {
  const bytes = await readBytes(path);
  const startsWith = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (startsWith(0xff, 0xd8, 0xff)) return jpegPixels(path, bytes);
  if (startsWith(0x89, 0x50, 0x4e, 0x47)) return pngPixels(path, bytes);
  throw contentError(path, 'is neither PNG nor JPEG');
}

/** What libjpeg said since its module was made; undefined while there is no module. */
let jpegComplaints: string[] | undefined;

async function startJpegDecoder(): Promise<string[]> {
  const wasm = fileURLToPath(new URL('../vendor/mozjpeg_dec.wasm', import.meta.url));
  const complaints: string[] = [];
  await initJpeg({ wasmBinary: await readBytes(wasm), printErr: (text: string) => complaints.push(text) });
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

function pngPixels(path: string, bytes: Uint8Array): RgbaImage {
  try {
    return PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw contentError(path, `is no whole PNG: ${(error as Error).message}`, error);
  }
}
