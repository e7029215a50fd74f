import { signal } from '@preact/signals';
import { closeCamera, openCamera } from '../pictures/camera';
import { fail, failure } from '../workbench/activity';

/** The open camera, if it is. */
export const cameraStream = signal<MediaStream | undefined>(undefined);

export async function startCamera(): Promise<void> {
  if (cameraStream.value) return;
  try {
    failure.value = undefined;
    cameraStream.value = await openCamera();
  } catch (error) {
    fail(error);
  }
}

export function stopCamera(): void {
  if (cameraStream.value) closeCamera(cameraStream.value);
  cameraStream.value = undefined;
}
