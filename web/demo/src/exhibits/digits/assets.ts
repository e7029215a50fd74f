// The page's network of digits and a sheet of digits, as Vite serves them from the project's models folder.
import networkUrl from '../../../../../models/digits.onnx?url';
import sheetUrl from '../../../../../models/digits.png?url';

declare const __DIGITS_BYTES__: { network: number; sheet: number };

export { networkUrl, sheetUrl };
export const networkFile = 'digits.onnx';
export const { network: networkBytes, sheet: sheetBytes } = __DIGITS_BYTES__;
