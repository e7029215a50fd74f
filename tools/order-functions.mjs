// node tools/order-functions.mjs MODULE.wasm: names the functions of a module so that sorting them by name makes neighbours of
// those that are alike. gzip, which looks 32 KB back, then finds in one what stands in the others: 7 KB of an engine.
//
// wasm-opt --reorder-functions-by-name does the sorting, and strips the names (bindings/link_flags.cmake).
import { readFileSync, writeFileSync } from 'node:fs';

const section = { custom: 0, import: 2, code: 10 };
const importKinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };

/** Reads a module from front to back. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  byte() {
    return this.bytes[this.at++];
  }
  number() {
    let value = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    return value;
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  name() {
    return Buffer.from(this.take(this.number())).toString();
  }
}

function skipLimits(reader) {
  const flags = reader.byte();
  reader.number();
  if (flags & 1) reader.number();
}

/** How many of the imports are functions. */
function importedFunctions(content) {
  const reader = new Reader(content);
  let functions = 0;
  for (let left = reader.number(); left > 0; --left) {
    reader.name();
    reader.name();
    const kind = reader.byte();
    if (kind === importKinds.function) {
      reader.number();
      ++functions;
    } else if (kind === importKinds.table) {
      reader.byte();
      skipLimits(reader);
    } else if (kind === importKinds.memory) skipLimits(reader);
    else if (kind === importKinds.global) reader.take(2);
    else if (kind === importKinds.tag) {
      reader.byte();
      reader.number();
    }
  }
  return functions;
}

function bodies(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => reader.take(reader.number()));
}

const buckets = 2 ** 14;

/** Which runs of four bytes occur in a body, by a hash: a set of bits, and how many there are. */
function shinglesOf(body) {
  const bits = new Uint32Array(buckets / 32);
  for (let i = 0; i + 4 <= body.length; ++i) {
    const run = body[i] | (body[i + 1] << 8) | (body[i + 2] << 16) | (body[i + 3] << 24);
    const hash = Math.imul(run, 0x9e3779b1) >>> 18;
    bits[hash >>> 5] |= 1 << (hash & 31);
  }
  return { bits, count: bits.reduce((sum, word) => sum + bitsIn(word), 0) };
}

function bitsIn(word) {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function common(a, b) {
  let runs = 0;
  for (let i = 0; i < a.length; ++i) runs += bitsIn(a[i] & b[i]);
  return runs;
}

/** What gzip still sees of the functions before. */
class Window {
  #functions = [];
  #bytes = 0;

  push(body, { bits }) {
    this.#functions.push({ size: body.length, bits });
    this.#bytes += body.length;
    while (this.#bytes - this.#functions[0].size > gzipWindow) this.#bytes -= this.#functions.shift().size;
  }
  /** The runs that occur in it. */
  get bits() {
    const all = new Uint32Array(buckets / 32);
    for (const { bits } of this.#functions) bits.forEach((word, i) => (all[i] |= word));
    return all;
  }
}

const gzipWindow = 30_000;
/** Small functions, in which every run may occur elsewhere by chance, are not to win over large ones. */
const chance = 32;
/** How much what stands further before counts beside the function just before: tried, for the smallest engines. */
const windowWeight = 1;

/** The indices of the bodies, each behind those that it is most alike. */
function order(all) {
  const shingles = all.map(shinglesOf);
  const left = new Set(all.keys());
  const window = new Window();
  let last = all.reduce((largest, body, i) => (body.length > all[largest].length ? i : largest), 0);
  const ordered = [];
  while (left.size > 0) {
    const { [last]: from } = shingles;
    left.delete(last);
    ordered.push(last);
    window.push(all[last], from);
    const seen = window.bits;
    let best = -1;
    for (const i of left) {
      const { bits, count } = shingles[i];
      const alike = common(from.bits, bits) / (Math.sqrt(from.count * count) + chance);
      const like = alike + (windowWeight * common(seen, bits)) / (count + chance);
      if (like > best) [best, last] = [like, i];
    }
  }
  return ordered;
}

function number(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value > 0);
  return Buffer.from(bytes);
}
const sized = (...parts) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length), content]);
};
const text = (string) => sized(Buffer.from(string));

/** A name section in which function `functions[i]` has the i-th name of an alphabetical order. */
function nameSection(functions, first) {
  const names = [];
  functions.forEach((body, rank) => (names[first + body] = `f${String(rank).padStart(6, '0')}`));
  for (let i = 0; i < first; ++i) names[i] = `i${i}`;
  const entries = names.map((name, i) => Buffer.concat([number(i), text(name)]));
  const functionNames = Buffer.concat([Buffer.of(1), sized(number(entries.length), ...entries)]);
  return Buffer.concat([Buffer.of(section.custom), sized(text('name'), functionNames)]);
}

const [file] = process.argv.slice(2);
const reader = new Reader(readFileSync(file));
const kept = [reader.take(8)];
let imported = 0;
let functions = [];
while (reader.at < reader.bytes.length) {
  const start = reader.at;
  const id = reader.byte();
  const content = reader.take(reader.number());
  if (id === section.import) imported = importedFunctions(content);
  if (id === section.code) functions = bodies(content);
  if (id !== section.custom) kept.push(reader.bytes.subarray(start, reader.at));
}
writeFileSync(file, Buffer.concat([...kept, nameSection(order(functions), imported)]));
