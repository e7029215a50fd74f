// Pictures: from a photo, a file or the camera to pixels.
import type { Photo } from './assets';
import { Problem } from '../../page/problem';

/** A picture to be classified. */
export interface Picture {
  caption: string;
  /** For an <img>; of a file it is a blob URL, which the owner revokes. */
  url: string;
  image: ImageData;
}

/** A picture that is read when it is needed. */
export interface PictureSource {
  caption: string;
  read(signal: AbortSignal): Promise<ImageData>;
}

/** The longer side of what is kept of a picture: networks look at far less, and phones take far more. */
const longestSide = 1600;

/** Reads a file of the visitor's. */
export async function readPicture(file: Blob, caption: string): Promise<Picture> {
  const image = await decode(file, caption);
  return { caption, url: URL.createObjectURL(file), image };
}

/** Fetches and reads a photo of the page's own. */
export async function fetchPicture({ url, caption }: Photo, signal?: AbortSignal): Promise<Picture> {
  let file: Blob;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    file = await response.blob();
  } catch (error) {
    signal?.throwIfAborted();
    throw new Problem(`The photo “${caption}” could not be fetched: ${(error as Error).message}.`);
  }
  return { caption, url, image: await decode(file, caption) };
}

export const photoSource = (photo: Photo): PictureSource => ({
  caption: photo.caption,
  read: async (signal) => (await fetchPicture(photo, signal)).image,
});

export const fileSource = (file: File): PictureSource => ({
  caption: file.name,
  read: () => decode(file, file.name),
});

/** The pixels of an encoded picture, turned upright as its camera says. Transparent parts become white. */
async function decode(file: Blob, caption: string): Promise<ImageData> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Problem(`“${caption}” is not a picture that this browser can read. Try a JPEG or a PNG.`);
  }
  const image = pixelsOf(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return image;
}

/** The pixels of anything that a canvas can draw. */
export function pixelsOf(source: CanvasImageSource, width: number, height: number): ImageData {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Problem('This browser gives the page no canvas to read pictures with.');
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
