import { useEffect, useRef } from 'preact/hooks';
import { takePicture } from '../camera';
import { useBench } from '../workbench';

/** The camera's picture as it moves, with the buttons to take it or to leave. */
export function CameraView({ stream }: { stream: MediaStream }) {
  const bench = useBench();
  const video = useRef<HTMLVideoElement>(null);
  const shutter = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    shutter.current?.focus();
  }, [stream]);
  const take = () =>
    bench.work.attempt(async () => {
      if (video.current) bench.show(await takePicture(video.current));
      bench.camera.close();
    });
  return (
    <>
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" />
      <div class="shutter">
        <button type="button" class="primary" ref={shutter} onClick={() => void take()}>
          Take the picture
        </button>
        <button type="button" onClick={() => bench.camera.close()}>
          Close
        </button>
      </div>
    </>
  );
}
