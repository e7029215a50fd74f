// The page's networks of spelling and sound and a part of a dictionary, as Vite serves them from the project's models folder.
import decoderUrl from '../../../../../models/g2p/decoder.onnx?url';
import dictionaryUrl from '../../../../../models/g2p/cmudict-sample.txt?url';
import encoderUrl from '../../../../../models/g2p/encoder.onnx?url';

declare const __SPELLING_BYTES__: number;

export { decoderUrl, dictionaryUrl, encoderUrl };
/** Of both networks' files. */
export const networkBytes = __SPELLING_BYTES__;
export const dictionaryWords = 2000;

/** Words to try. */
export const sampleWords = ['octavo', 'quantization', 'through', 'knight', 'onomatopoeia', 'photograph'];
