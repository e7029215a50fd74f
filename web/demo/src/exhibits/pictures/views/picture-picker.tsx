// The strip of sample photos.
import { samplePhotos } from '../assets';
import { takePhoto } from '../take';
import { useBench } from '../workbench';

export function PicturePicker() {
  const bench = useBench();
  return (
    <fieldset class="strip">
      <legend>
        Sample photos, or <span class="if-fine">drop your own anywhere</span>
        <span class="if-coarse">choose your own above</span>
      </legend>
      <div class="strip-photos">
        {samplePhotos.map((photo) => (
          <label key={photo.url} class="thumbnail">
            <input
              type="radio"
              name="photo"
              value={photo.caption}
              checked={bench.picture.value?.url === photo.url}
              onChange={() => void takePhoto(bench, photo)}
            />
            <img src={photo.url} alt={photo.caption} width="64" height="64" />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
