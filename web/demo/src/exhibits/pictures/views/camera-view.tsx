import { useEffect, useRef } from 'preact/hooks';
import { takePicture } from '../pictures/camera';
import { fail } from '../workbench/activity';
import { show } from '../workbench/workbench';
import { stopCamera } from './camera-state';

/** The camera's picture as it moves, with the buttons to take it or to leave. */
export function CameraView({ stream }: { stream: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null);
  const shutter = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    shutter.current?.focus();
  }, [stream]);
  const take = async () => {
    try {
      if (video.current) show(await takePicture(video.current));
      stopCamera();
    } catch (error) {
      fail(error);
    }
  };
  return (
    <>
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" />
      <div class="shutter">
        <button type="button" class="primary" ref={shutter} onClick={() => void take()}>
          Take the picture
        </button>
        <button type="button" onClick={stopCamera}>
          Close
        </button>
      </div>
    </>
  );
}
