// The picture being looked at, with crop marks around what the network sees; or the camera's view. Beside it, the ways
// to bring one's own.
import type { Preprocessing } from 'octavo';
import { takePicture } from '../take';
import { useBench } from '../workbench';
import { CameraView } from './camera-view';
import { FileButton } from './file-button';

export function PictureFrame() {
  const bench = useBench();
  const subject = bench.picture.value;
  const stream = bench.camera.stream.value;
  const feed = bench.feed.value ?? sampleFrame;
  return (
    <figure class={feed.resize === 'cover' ? 'frame' : 'frame whole'} data-testid="frame">
      <div class="sheet">
        {stream ? (
          <CameraView stream={stream} />
        ) : (
          subject && <img src={subject.url} alt={subject.caption} width="320" height="320" />
        )}
        {feed.resize === 'cover' && <span class="crop-marks" style={insets(feed)} aria-hidden="true" />}
      </div>
      <figcaption>
        <span data-testid="caption">{stream ? 'The camera' : (subject?.caption ?? '\u00a0')}</span>
        <div class="own">
          <FileButton
            accept="image/*"
            testId="picture-file"
            onFiles={([chosen]) => chosen && void takePicture(bench, chosen.file)}
          >
            Open a picture
          </FileButton>
          <button
            type="button"
            aria-disabled={stream !== undefined}
            onClick={() => void bench.work.attempt(() => bench.camera.open())}
          >
            Camera
          </button>
        </div>
      </figcaption>
    </figure>
  );
}

type Frame = Pick<Preprocessing, 'resize' | 'side' | 'width' | 'height'>;

/** The page's network, before it is loaded. */
const sampleFrame: Frame = { resize: 'cover', side: 256, width: 224, height: 224 };

/** How far the crop is inside of a square that covers the picture, in percent. */
function insets({ side, width, height }: Frame) {
  const whole = side ?? Math.max(width, height);
  const inset = (length: number) => Math.max(0, (1 - length / whole) * 50);
  return { '--inset-x': inset(width), '--inset-y': inset(height) };
}
