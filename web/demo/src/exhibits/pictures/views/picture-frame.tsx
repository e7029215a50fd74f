// The picture being looked at, with crop marks around what the network sees; or the camera's view. Beside it, the ways
// to bring one's own.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { fail } from '../workbench/activity';
import { picture, show } from '../workbench/workbench';
import { readPicture } from '../pictures/picture';
import { cameraStream, startCamera, stopCamera } from './camera-state';
import { CameraView } from './camera-view';

export function PictureFrame() {
  const hovering = useSignal(false);
  const subject = picture.value;
  return (
    <figure
      class={hovering.value ? 'frame hovering' : 'frame'}
      data-testid="frame"
      onDragOver={(event) => {
        event.preventDefault();
        hovering.value = true;
      }}
      onDragLeave={() => (hovering.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        hovering.value = false;
        void takeFile(event.dataTransfer?.files[0]);
      }}
    >
      <div class="sheet">
        {cameraStream.value ? (
          <CameraView stream={cameraStream.value} />
        ) : (
          subject && <img src={subject.url} alt={subject.caption} width="320" height="320" />
        )}
        <span class="crop-marks" aria-hidden="true" />
      </div>
      <figcaption>
        <span data-testid="caption">
          {cameraStream.value ? 'The camera' : (subject?.caption ?? '\u00a0')}
        </span>
        <OwnPicture />
      </figcaption>
    </figure>
  );
}

function OwnPicture() {
  const fileInput = useRef<HTMLInputElement>(null);
  return (
    <div class="own">
      <button type="button" onClick={() => fileInput.current?.click()}>
        Open a picture
      </button>
      <input
        ref={fileInput}
        type="file"
        accept="image/*"
        hidden
        data-testid="picture-file"
        onChange={({ currentTarget }) => {
          stopCamera();
          void takeFile(currentTarget.files?.[0]);
          currentTarget.value = '';
        }}
      />
      <button
        type="button"
        aria-disabled={cameraStream.value !== undefined}
        onClick={() => void startCamera()}
      >
        Camera
      </button>
    </div>
  );
}

/** Shows a dropped, pasted or chosen file. */
export async function takeFile(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    show(await readPicture(file, file.name));
  } catch (error) {
    fail(error);
  }
}
