// Reading whole files, with errors that name them.
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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

/**
 * Of UTF-8, without the mark of its order.
 * @throws OctavoError `File`
 */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path)).replace(/^\uFEFF/, '');
}

/** @throws OctavoError `InvalidData` for text that is none */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw contentError(path, `is no JSON: ${messageOf(error)}`, error);
  }
}

/**
 * Writes a file whole or not at all: what was there before stays until its successor is complete. A link keeps leading
 * where it led, and what is no file (a pipe, a terminal) is written to as it is.
 * @throws OctavoError `File`
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path);
    const old = await stat(target).catch(() => undefined);
    if (old?.isDirectory()) throw new Error('it is a folder');
    if (old && !old.isFile()) return await writeFile(target, bytes);
    const whole = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
    try {
      await writeFile(whole, bytes, { mode: old?.mode ?? 0o666 });
      await rename(whole, target);
    } catch (error) {
      await rm(whole, { force: true });
      throw error;
    }
  } catch (error) {
    throw fileError('write', path, error);
  }
}

/** An error of the file system as one that says what could not be done with which file. */
export function fileError(verb: 'read' | 'write', path: string, error: unknown): OctavoError {
  const missing = (error as { code?: string }).code === 'ENOENT';
  const what = verb === 'read' ? 'file' : 'folder';
  const reason = missing ? `there is no such ${what}` : messageOf(error);
  return new OctavoError('File', `cannot ${verb} ${path}: ${reason}`, { file: path }, { cause: error });
}

/** An error about what is in a file: what it `is` or does, to be read behind its name. */
export function contentError(path: string, is: string, cause?: unknown): OctavoError {
  return new OctavoError('InvalidData', `${path} ${is}`, { file: path }, { cause });
}
