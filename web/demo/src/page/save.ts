/** Gives the visitor a file to keep. */
export function save(bytes: Uint8Array, name: string): void {
  const type = 'application/octet-stream';
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the blob once the click was handled; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
