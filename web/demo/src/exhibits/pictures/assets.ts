// The page's own network, its labels and photos, as Vite serves them from the project's models folder.
import labels from '../../../../../models/imagenet-labels.json';
import networkUrl from '../../../../../models/efficientnet-lite0.onnx?url';
import { captionOf } from '../../page/format';

declare const __NETWORK_BYTES__: number;

export { labels as imagenetLabels, networkUrl };
export const networkName = 'EfficientNet-Lite0';
/** Its file's name, for the code that does the same. */
export const networkFile = 'efficientnet-lite0.onnx';
export const networkPreprocessing = 'efficientnet-lite';
/** What the button announces before anything is fetched. */
export const networkBytes = __NETWORK_BYTES__;

export interface Photo {
  caption: string;
  url: string;
}

const photosIn = (urls: Record<string, string>): Photo[] =>
  Object.entries(urls).map(([path, url]) => ({
    caption: captionOf(path.slice(path.lastIndexOf('/') + 1)),
    url,
  }));

/** The photos to try. */
export const samplePhotos = photosIn(
  import.meta.glob<string>('../../../../../models/photos/*.jpg', {
    query: '?url',
    import: 'default',
    eager: true,
  }),
);

/** Other photos, from which static quantization learns the ranges of activations. */
export const calibrationPhotos = photosIn(
  import.meta.glob<string>('../../../../../models/photos/calibration/*.jpg', {
    query: '?url',
    import: 'default',
    eager: true,
  }),
);
