// ONNX's external data: files beside a model that hold its weights.
import { OctavoError } from './error.js';
import { toUrl, type ModelSource } from './source.js';

/** One file, files by the names that the model calls them, or Files that are called so. */
export type ExternalData = ModelSource | Readonly<Record<string, ModelSource>> | readonly File[];

/**
 * Where the file that a model calls `location` comes from.
 * @throws OctavoError `InvalidOption` where it is not given and the model's own place is not known; `InvalidModel` for a name
 *   that leads out of the model's folder
 */
export function externalSource(location: string, model: ModelSource, given?: ExternalData): ModelSource {
  if (given !== undefined) return pick(location, given);
  const isAddress = typeof model === 'string' || model instanceof URL;
  // A file may not make anybody read what lies elsewhere.
  if (/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)|^[a-z][a-z0-9+.-]*:/i.test(location))
    throw new OctavoError(
      'InvalidModel',
      `the model keeps its weights outside of its folder, in '${location}'`,
    );
  const url = isAddress ? toUrl(model) : undefined;
  if (typeof model === 'string' && !url) return model.replace(/[^/\\]*$/, '') + location;
  // Encoded, a name is a name whatever is in it.
  const relative = location.split('/').map(encodeURIComponent).join('/');
  if (url && URL.canParse(relative, url)) return new URL(relative, url);
  throw new OctavoError(
    'InvalidOption',
    `the model keeps its weights in the file '${location}': give it by the option externalData`,
  );
}

/** @throws OctavoError `InvalidOption` where one file is given for several */
export function checkExternalData(locations: readonly string[], given?: ExternalData): void {
  if (given === undefined || locations.length < 2 || Array.isArray(given) || !isSource(given)) return;
  throw new OctavoError(
    'InvalidOption',
    `the model keeps its weights in ${locations.length} files: give externalData by their names`,
  );
}

function pick(location: string, given: ExternalData): ModelSource {
  if (Array.isArray(given)) {
    const file = (given as readonly File[]).find(({ name }) => name === nameOf(location));
    if (file) return file;
  } else if (isSource(given)) {
    return given;
  } else if (Object.hasOwn(given, location)) {
    return (given as Record<string, ModelSource>)[location];
  }
  throw new OctavoError('InvalidOption', `externalData has no file '${location}', which the model names`);
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

const isSource = (given: ExternalData): given is ModelSource =>
  typeof given === 'string' ||
  [URL, Uint8Array, ArrayBuffer, Blob, Response].some((kind) => given instanceof kind);
