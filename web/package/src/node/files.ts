// Reading whole files, with errors that name them.
import { readFile } from 'node:fs/promises';
import { OctavoError, messageOf } from '../error.js';

/** @throws OctavoError `File` */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/** An error of the file system as one that says what could not be done with which file. */
export function fileError(verb: 'read' | 'write', path: string, error: unknown): OctavoError {
  const missing = (error as { code?: string }).code === 'ENOENT';
  const what = verb === 'read' ? 'file' : 'folder';
  const reason = missing ? `there is no such ${what}` : messageOf(error);
  return new OctavoError('File', `cannot ${verb} ${path}: ${reason}`, { file: path }, { cause: error });
}

/** An error about what is in a file. */
export function contentError(path: string, reason: string, cause?: unknown): OctavoError {
  return new OctavoError('InvalidData', `${path}: ${reason}`, { file: path }, { cause });
}
