// The camera: opened by a button, closed as soon as a picture is taken.
import { signal } from '@preact/signals';
import { Problem } from '../../page/problem';
import { pixelsOf, type Picture } from './picture';

export class Camera {
  /** What it sees, while it is open. */
  readonly stream = signal<MediaStream | undefined>(undefined);

  async open(): Promise<void> {
    this.stream.value ??= await openCamera();
  }

  close(): void {
    for (const track of this.stream.value?.getTracks() ?? []) track.stop();
    this.stream.value = undefined;
  }
}

/** Asks for the camera; the rear one of a phone. */
async function openCamera(): Promise<MediaStream> {
  if (!navigator.mediaDevices) {
    throw new Problem('The camera is only there for pages served over https or from this computer.');
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
  } catch (error) {
    throw new Problem(`${reasonOf(error as DOMException)} You can choose a file or a sample photo instead.`);
  }
}

function reasonOf({ name, message }: DOMException): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The camera was not allowed.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'There is no camera here.';
    case 'NotReadableError':
      return 'The camera is used by another program.';
    default:
      return `The camera could not be opened: ${message || name}.`;
  }
}

/** The frame that the video shows now. */
export async function takePicture(video: HTMLVideoElement): Promise<Picture> {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) throw new Problem('The camera has not sent a picture yet.');
  const image = pixelsOf(video, videoWidth, videoHeight);
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  const url = URL.createObjectURL(await canvas.convertToBlob({ type: 'image/png' }));
  return { caption: 'From the camera', url, image };
}
