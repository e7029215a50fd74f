// Where a command writes its model to.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OctavoError } from '../error.js';
import { fileError, writeBytes } from '../node/files.js';

/** The name for standard output. */
export const standardOutput = '-';

/** `model.onnx` becomes `model.int8.onnx` beside it, or `int4`; what comes from a URL goes into the current folder. */
export function defaultOutput(model: string, { bits = 8 }: { bits?: number }): string {
  const url = /^[a-z][a-z0-9+.-]+:/i.test(model) && URL.canParse(model) ? new URL(model) : undefined;
  const name = url ? decodeURIComponent(basename(url.pathname)) || 'model.onnx' : basename(model);
  const small = `${name.replace(/\.onnx$/i, '')}.int${bits}.onnx`;
  return url ? basename(small) : join(dirname(model), small);
}

/**
 * Says before all the work what would go wrong after it.
 * @throws OctavoError `File`, `InvalidOption` for what would be lost
 */
export async function checkOutput(model: string, output: string, force: boolean): Promise<void> {
  if (output === standardOutput) {
    if (process.stdout.isTTY)
      throw new OctavoError(
        'InvalidOption',
        '-o - writes a model, and this is a terminal: lead it into a file',
      );
    return;
  }
  const folder = await stat(dirname(output)).catch((error: unknown) => {
    throw fileError('write', output, error);
  });
  if (!folder.isDirectory()) throw fileError('write', output, new Error(`${dirname(output)} is no folder`));
  const there = await stat(output).catch(() => undefined);
  if (there?.isDirectory()) throw fileError('write', output, new Error('it is a folder'));
  const [from, to] = await Promise.all([model, output].map((path) => realpath(path).catch(() => undefined)));
  if (from !== undefined && from === to)
    throw new OctavoError('InvalidOption', `${output} is the float model itself, which would be lost`);
  if (there?.isFile() && !force)
    throw new OctavoError(
      'InvalidOption',
      `${output} exists already; --force replaces it, -o FILE writes another`,
    );
}

/** @throws OctavoError `File` */
export async function writeOutput(output: string, bytes: Uint8Array): Promise<void> {
  if (output !== standardOutput) return writeBytes(output, bytes);
  await new Promise<void>((resolve) => process.stdout.write(bytes, () => resolve()));
}
