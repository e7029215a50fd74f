// What a file is that turns out to be no ONNX model, where its beginning tells.

const kinds: readonly (readonly [begins: RegExp, what: string])[] = [
  [
    /^\s*<(!doctype|html)/i,
    'the file is an HTML page, not an ONNX model: many servers answer so where there is no such file',
  ],
  [
    /^version https:\/\/git-lfs/,
    'the file is a pointer of Git LFS, not the ONNX model: `git lfs pull` fetches that',
  ],
  [
    /^PK\p{Cc}{2}/u,
    'the file is an archive, not an ONNX model: one of PyTorch is exported by torch.onnx.export',
  ],
];

/** As much of a file as tells; copied, for the engine may be given the chunk. */
export const beginningOf = (chunk: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: Math.min(chunk.byteLength, 64) }, (_, i) => chunk[i]);

/** A sentence, or nothing. */
export function whatElse(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start);
  return kinds.find(([begins]) => begins.test(text))?.[1];
}
