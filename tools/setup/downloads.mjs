// What comes out of Debian's next release: Emscripten and the C++ libraries, downloaded at one go.
import { downloadFromRelease } from './debian.mjs';
import { missingEmscripten } from './emscripten.mjs';
import { missingLibraries } from './libraries.mjs';

const release = 'trixie';

/** Makes the links in .tools, after downloading and unpacking what they are to lead to. */
export async function ensureDownloads() {
  const parts = [missingEmscripten(), missingLibraries()];
  const missing = parts.filter(({ install }) => install);
  if (missing.length > 0) {
    const downloads = await downloadFromRelease(release, {
      packages: missing.flatMap(({ packages }) => packages),
      sources: missing.flatMap(({ sources }) => sources),
    });
    try {
      await Promise.all(missing.map(({ install }) => install(downloads)));
    } finally {
      downloads.remove();
    }
  }
  for (const { link } of parts) link();
}
