// A folder that tensors are written to.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../node/files.js';
import { writeNpy } from '../node/npy.js';
import type { Tensor } from '../tensor.js';

export interface OutputFolder {
  /** Writes a tensor as NAME.npy, or what is like it and not taken, and gives the file's path. */
  write(name: string, tensor: Tensor): Promise<string>;
}

/** What file systems take is 255 bytes. */
const longestName = 200;

/** @throws OctavoError `File` */
export async function outputFolder(folder: string): Promise<OutputFolder> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw fileError('write', folder, error);
  }
  // A tensor's name may hold what a file's may not; no two files have the same, capital letters or not.
  const taken = new Set<string>();
  return {
    async write(name, tensor) {
      const plain = name.replaceAll(/[^\w.-]/g, '_').slice(0, longestName);
      let unique = plain;
      for (let i = 2; taken.has(unique.toLowerCase()); ++i) unique = `${plain}-${i}`;
      taken.add(unique.toLowerCase());
      const file = join(folder, `${unique}.npy`);
      await writeNpy(file, tensor);
      return file;
    },
  };
}
