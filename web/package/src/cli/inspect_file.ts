// What octavo inspect says of a model that does not load for want of support.
import type { OctavoError } from '../error.js';
import { describeOnnxFile, operatorName, type FileDescription } from '../node/onnx_file.js';
import { openSource } from '../source.js';
import type { SupportedOperator } from '../native.js';
import * as format from './format.js';

/** The error without the name of the file in front. */
const reasonOf = ({ message, file }: OctavoError) =>
  file && message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;

/** Of the file alone: what of its operators is missing, and why it does not run. */
export async function inspectFile(
  path: string,
  error: OctavoError,
  supported: readonly SupportedOperator[],
): Promise<{ document: Record<string, unknown>; text: string }> {
  const bytes = await readWhole(path);
  const file = describeOnnxFile(path, bytes);
  const known = new Set(supported.map(operatorName));
  const missing = Object.keys(file.operators).filter((name) => !known.has(name));
  const why = reasonOf(error);
  return {
    document: { ...file, bytes: bytes.byteLength, runs: false, why, missing },
    text: [describe(file, bytes.byteLength, why), operatorTable(file, missing)].join('\n\n'),
  };
}

async function readWhole(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await openSource(path)).chunks) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

function describe(file: FileDescription, bytes: number, why: string): string {
  return [
    ...format.fileLines(file, bytes),
    ...file.inputs.map((input) => `input         ${format.value(input)}`),
    ...file.outputs.map((output) => `output        ${format.value(output)}`),
    `parameters    ${format.count(file.parameters)}`,
    `runs          no: ${why}`,
  ].join('\n');
}

/** What is missing comes first. */
function operatorTable({ operators }: FileDescription, missing: readonly string[]): string {
  const isMissing = (name: string) => missing.includes(name);
  const rows = Object.entries(operators)
    .sort(([a, m], [b, n]) => Number(isMissing(b)) - Number(isMissing(a)) || n - m)
    .map(([name, count]) => [name, String(count), isMissing(name) ? 'not supported' : '']);
  return format.table(['operator', 'nodes', ''], rows, [0, 2]);
}
