// Files of the visitor's, however they come: dropped, pasted or chosen, alone or in folders.

export interface OwnFile {
  file: File;
  /** The folder that it lies in; undefined for a file that came alone. */
  folder: string | undefined;
}

export interface SortedFiles {
  networks: File[];
  /** What a network may keep its weights in: files of no other kind. */
  weights: File[];
  labels: File[];
  pictures: OwnFile[];
  others: File[];
}

const pictureName = /\.(jpe?g|png|webp|avif|gif|bmp|svg|heic|tiff?)$/i;

/** What each file is, by its name and type. Folders may hold other things beside, which are left out. */
export function sortFiles(files: readonly OwnFile[]): SortedFiles {
  const sorted: SortedFiles = { networks: [], weights: [], labels: [], pictures: [], others: [] };
  for (const own of files) {
    const { file, folder } = own;
    if (/\.onnx$/i.test(file.name)) sorted.networks.push(file);
    else if (file.type.startsWith('image/') || pictureName.test(file.name)) sorted.pictures.push(own);
    else if (folder === undefined && /\.(txt|json)$/i.test(file.name)) sorted.labels.push(file);
    else {
      sorted.weights.push(file);
      if (folder === undefined) sorted.others.push(file);
    }
  }
  return sorted;
}

/** The files of an <input>, which may be one for folders. */
export const filesOfInput = (list: FileList | null): OwnFile[] =>
  [...(list ?? [])].map((file) => ({ file, folder: file.webkitRelativePath.split('/').at(-2) }));

/** What was dropped or pasted, folders with all that is in them. */
export async function filesOfTransfer(transfer: DataTransfer | null): Promise<OwnFile[]> {
  if (!transfer) return [];
  // Both are emptied once the event is over.
  const alone = [...transfer.files].map((file): OwnFile => ({ file, folder: undefined }));
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return alone;
  const present = entries.filter((entry) => entry !== null);
  const found = await Promise.all(present.map((entry) => filesUnder(entry, undefined)));
  return found.flat();
}

async function filesUnder(entry: FileSystemEntry, folder: string | undefined): Promise<OwnFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [{ file, folder }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: OwnFile[] = [];
  for (;;) {
    // A call gives a hundred entries at most, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return files;
    const found = await Promise.all(some.map((each) => filesUnder(each, entry.name)));
    files.push(...found.flat());
  }
}
