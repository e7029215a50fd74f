// Memory that the system refuses to an engine.

const { grow } = WebAssembly.Memory.prototype;
// One for all: to make an error takes longer than to throw it.
const refusal = new RangeError('WebAssembly.Memory.grow(): refused');

/** Asks `allows(bytes)` before any memory of WebAssembly grows to so many bytes; `undefined` lets all grow again. */
export function decideGrowth(allows) {
  if (!allows) {
    WebAssembly.Memory.prototype.grow = grow;
    return;
  }
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (!allows(this.buffer.byteLength + pages * 65_536)) throw refusal;
    return grow.call(this, pages);
  };
}

/** Pieces below this are left: there are always some. */
const smallest = 512;

/**
 * Takes the free heap of an engine but for `spare` bytes in one piece; growth must be refused. Gives how to give it back.
 */
export function takeFreeHeap(native, spare) {
  const taken = [];
  const take = (bytes) => {
    const download = native.beginDownload();
    download.reserve(bytes);
    taken.push(download);
  };
  const largest = largestPiece(native);
  take(largest);
  for (let piece = largestPiece(native); piece >= smallest; piece = largestPiece(native)) take(piece);
  taken.shift().delete();
  if (largest > spare) take(largest - spare);
  return () => taken.forEach((download) => download.delete());
}

function largestPiece(native) {
  let [fits, fitsNot] = [0, 2 ** 28];
  while (fitsNot - fits > 8) {
    const size = Math.floor((fits + fitsNot) / 2 / 8) * 8;
    let probe;
    try {
      probe = native.beginDownload(); // which a heap that is full refuses as well
      probe.reserve(size);
      fits = size;
    } catch {
      fitsNot = size;
    }
    probe?.delete();
  }
  return fits;
}
