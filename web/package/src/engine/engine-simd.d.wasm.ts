/** The bytes, in what the bundler makes of it. */
declare const bytes: Uint8Array<ArrayBuffer>;
export default bytes;
