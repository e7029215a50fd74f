// The strip of sample photos.
import { useEffect } from 'preact/hooks';
import { samplePhotos, type Photo } from '../assets';
import { fetchPicture } from '../pictures/picture';
import { fail } from '../workbench/activity';
import { picture, show } from '../workbench/workbench';
import { stopCamera } from './camera-state';
import { takeFile } from './picture-frame';

const firstPhoto = samplePhotos.find(({ caption }) => caption === 'Koala') ?? samplePhotos[0];

export function PicturePicker() {
  useEffect(() => {
    if (firstPhoto) void choose(firstPhoto);
    const paste = (event: ClipboardEvent) => void takeFile(event.clipboardData?.files[0]);
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
  return (
    <fieldset class="strip">
      <legend>Sample photos, or drop your own on the frame</legend>
      <div class="strip-photos">
        {samplePhotos.map((photo) => (
          <label key={photo.url} class="thumbnail">
            <input
              type="radio"
              name="photo"
              value={photo.caption}
              checked={picture.value?.url === photo.url}
              onChange={() => void choose(photo)}
            />
            <img src={photo.url} alt={photo.caption} width="64" height="64" />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

let latest: Photo | undefined;

/** Shows a sample photo, unless another was chosen while it was being fetched. */
async function choose(photo: Photo): Promise<void> {
  latest = photo;
  stopCamera();
  try {
    const fetched = await fetchPicture(photo);
    if (latest === photo) show(fetched);
  } catch (error) {
    fail(error);
  }
}
