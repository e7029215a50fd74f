// Mutants of ONNX files: still protobuf, mostly, and wrong in a few places.
import { decodeOnnx, encodeOnnx, kinds, messagesOf } from './onnx_tree.mjs';

const text = (string) => new TextEncoder().encode(string);

const words = (...lines) => lines.join(' ').split(' ');

const operators = words(
  'Add AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv DequantizeLinear Div Dropout',
  'DynamicQuantizeLinear Exp Flatten Gather Gemm GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity',
  'LeakyRelu MatMul MaxPool Mul Pad Pow QLinearConv QuantizeLinear ReduceMean Relu Reshape Shape Sigmoid Slice Softmax',
  'Split Sqrt Squeeze Sub Tanh Transpose Unsqueeze octavo.QConv octavo.Observe Frobnicate',
);

const attributes = words(
  'axis axes kernel_shape pads strides dilations group alpha beta transA transB perm to keepdims ceil_mode',
  'count_include_pad auto_pad epsilon mode value min max block_size storage_order exclusive start end starts ends steps',
  'training_mode allowzero saturate activation_min activation_max qmin qmax channels_last octavo.qmin id',
);

const integers = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 9n, 10n, 11n, 16n, 17n, 127n, 128n, 255n, 256n, 1000n, 65535n, 65536n],
  ...[2n ** 20n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n],
  ...[-1n, -2n, -3n, -128n, -(2n ** 31n), -(2n ** 32n), -(2n ** 62n)],
];

const floats = [0, -0, 1, -1, 0.5, 1e-45, 1e-38, 1e38, -1e38, NaN, Infinity, -Infinity, 127.5, 1e-3, 6];

const floatBytes = (value) => new Uint8Array(Float32Array.of(value).buffer);

/** Ways to change a message of any kind; each may find nothing to change. */
const ways = [
  function remove({ fields }, { below }) {
    if (fields.length > 0) fields.splice(below(fields.length), 1);
  },
  function repeat({ fields }, { below }) {
    if (fields.length === 0) return;
    const field = fields[below(fields.length)];
    fields.splice(below(fields.length + 1), 0, structuredCopy(field));
  },
  function swap({ fields }, { below }) {
    if (fields.length < 2) return;
    const [i, j] = [below(fields.length), below(fields.length)];
    [fields[i], fields[j]] = [fields[j], fields[i]];
  },
  function exchangeValues({ fields }, { pick }) {
    if (fields.length === 0) return;
    const first = pick(fields);
    const second = pick(fields.filter(({ wire }) => wire === first.wire));
    [first.value, second.value, first.kind, second.kind] = [
      second.value,
      first.value,
      second.kind,
      first.kind,
    ];
  },
  function changeInteger({ fields }, { pick, chance, below }) {
    const found = fields.filter(({ wire }) => wire === 0);
    if (found.length === 0) return;
    const field = pick(found);
    field.value = chance(3) ? BigInt.asUintN(64, field.value + BigInt(below(5) - 2)) : pick(integers);
  },
  function changeFloat({ fields }, { pick }) {
    const found = fields.filter(({ wire }) => wire === 5);
    if (found.length > 0) pick(found).value = floatBytes(pick(floats));
  },
  function changeBytes({ fields }, random) {
    const found = fields.filter(({ wire, value }) => wire === 2 && !Array.isArray(value));
    if (found.length === 0) return;
    const field = random.pick(found);
    field.value = changedBytes(field.value, random);
  },
  function rename({ fields }, { pick }, names) {
    const found = fields.filter(
      ({ wire, value }) => wire === 2 && !Array.isArray(value) && value.length < 100,
    );
    if (found.length > 0) pick(found).value = pick(names);
  },
];

function changeOperator({ fields }, { pick }) {
  const field = fields.find(({ number }) => number === 4);
  if (field) field.value = text(pick(operators));
}

function addAttribute({ fields }, { pick, below }) {
  const count = below(5);
  const numbers = Array.from({ length: count }, () => ({ number: 8, wire: 0, value: pick(integers) }));
  const value = pick([
    [
      { number: 3, wire: 0, value: pick(integers) },
      { number: 20, wire: 0, value: 2n },
    ],
    [
      { number: 2, wire: 5, value: floatBytes(pick(floats)) },
      { number: 20, wire: 0, value: 1n },
    ],
    [...numbers, { number: 20, wire: 0, value: 7n }],
  ]);
  const name = { number: 1, wire: 2, value: text(pick(attributes)) };
  fields.push({ number: 5, wire: 2, value: [name, ...value], kind: kinds.attribute });
}

function absent({ fields }, { pick, below }) {
  const found = fields.filter(({ number }) => number === 1 || number === 2);
  if (found.length > 0) pick(found).value = new Uint8Array(0);
  else fields.unshift({ number: 1 + below(2), wire: 2, value: new Uint8Array(0) });
}

function forgetShape({ fields, kind }, { chance, below }) {
  if (kind === kinds.tensorType) removeWhere(fields, ({ number }) => number === 2);
  else if (kind === kinds.shape && fields.length > 0) fields.splice(below(fields.length), 1);
  else if (kind === kinds.dim) fields.splice(0, chance(2) ? 1 : 0);
}

function forgetAllShapes({ fields, kind }) {
  for (const { fields: inner, kind: innerKind } of messagesOf(fields, kind))
    if (innerKind === kinds.tensorType) removeWhere(inner, ({ number }) => number === 2);
}

function absurdSize({ fields, kind }, { pick }) {
  if (kind === kinds.dim) fields.splice(0, 1, { number: 1, wire: 0, value: pick(integers) });
  const sizes = fields.filter(({ number, wire }) => kind === kinds.tensor && number === 1 && wire === 0);
  if (sizes.length > 0) pick(sizes).value = pick(integers);
}

function changeType({ fields, kind }, { below }) {
  const place = new Map([
    [kinds.tensorType, 1],
    [kinds.tensor, 2],
  ]);
  const type = fields.find(({ number, wire }) => number === place.get(kind) && wire === 0);
  if (type) type.value = BigInt(below(24));
}

function constantBecomesInput({ fields }, { pick, chance }) {
  const constants = fields.filter(({ number, value }) => number === 5 && Array.isArray(value));
  if (constants.length === 0) return;
  const constant = pick(constants);
  const name = constant.value.find(({ number }) => number === 8);
  if (!name) return;
  removeWhere(fields, (field) => field === constant);
  const type = constant.value.find(({ number }) => number === 2)?.value ?? 1n;
  fields.push(inputNamed(name.value, type, chance(2) ? undefined : constant.value));
}

function anotherOutput({ fields }, { pick }, names) {
  fields.push({ ...inputNamed(pick(names), 1n), number: 12 });
}

function fillNumbers({ fields }, { pick, chance }) {
  const raw = fields.find(({ number }) => number === 9);
  if (!raw || raw.value.length % 4 !== 0) return;
  const numbers = new Float32Array(raw.value.length / 4);
  const same = pick(floats);
  raw.value = new Uint8Array(numbers.map(() => (chance(8) ? pick(floats) : same)).buffer);
}

/** Ways to change a message of one kind. */
const waysByKind = new Map([
  [kinds.node, [changeOperator, addAttribute, absent]],
  [kinds.tensorType, [forgetShape, changeType]],
  [kinds.shape, [forgetShape]],
  [kinds.dim, [forgetShape, absurdSize]],
  [kinds.graph, [forgetAllShapes, constantBecomesInput, anotherOutput]],
  [kinds.tensor, [absurdSize, changeType, fillNumbers]],
]);

function removeWhere(fields, condition) {
  const at = fields.findIndex(condition);
  if (at >= 0) fields.splice(at, 1);
}

/** A graph input; of no known rank without the tensor that it is like. */
function inputNamed(name, type, like) {
  const sizes = like?.filter(({ number, wire }) => number === 1 && wire === 0) ?? [];
  const dims = sizes.map(({ value }) => message(1, kinds.dim, [{ number: 1, wire: 0, value }]));
  const shape = like ? [message(2, kinds.shape, dims)] : [];
  const tensorType = message(1, kinds.tensorType, [{ number: 1, wire: 0, value: type }, ...shape]);
  return message(11, kinds.valueInfo, [
    { number: 1, wire: 2, value: name },
    message(2, kinds.type, [tensorType]),
  ]);
}

const message = (number, kind, value) => ({ number, wire: 2, value, kind });

function changedBytes(bytes, { pick, below }) {
  const changed = bytes.slice();
  const way = below(4);
  if (way === 0) return changed.subarray(0, below(bytes.length + 1));
  if (way === 1) return new Uint8Array(Buffer.concat([bytes, bytes.subarray(0, below(bytes.length + 1))]));
  for (let i = 0; i < 4 && bytes.length > 0; ++i)
    changed[below(bytes.length)] = way === 2 ? below(256) : pick([0, 1, 127, 128, 255]);
  return changed;
}

const structuredCopy = (field) => ({
  ...field,
  value: Array.isArray(field.value) ? field.value.map(structuredCopy) : field.value,
});

/** A mutant of the file `bytes`; of few it is not even protobuf. */
export function mutate(bytes, random) {
  let mutant = bytes;
  for (let tries = 0; tries < 10 && Buffer.compare(mutant, bytes) === 0; ++tries)
    mutant = mutateOnce(bytes, random);
  return mutant;
}

function mutateOnce(bytes, random) {
  const tree = random.chance(50) ? undefined : decodeOnnx(bytes);
  if (!tree) return changedBytes(bytes, random);
  const names = messagesOf(tree)
    .filter(({ kind }) => kind === kinds.node)
    .flatMap(({ fields }) =>
      fields.filter(({ number, wire }) => number < 4 && wire === 2).map(({ value }) => value),
    );
  names.push(text(''), text('x'), text('constructor'));
  for (let changes = 1 + random.below(3); changes > 0; --changes) {
    // Tensors and nodes are many, what holds them are few: each kind has its share.
    const messages = messagesOf(tree);
    const rare = messages.filter(({ kind }) => ![kinds.tensor, kinds.dim].includes(kind));
    const few = messages.filter(({ kind }) =>
      [kinds.graph, kinds.shape, kinds.tensorType, kinds.dim].includes(kind),
    );
    const message = random.pick(random.pick([messages, rare, rare, few.length > 0 ? few : messages]));
    const special = waysByKind.get(message.kind) ?? [];
    random.pick(special.length > 0 && random.chance(2) ? special : ways)(message, random, names);
  }
  return encodeOnnx(tree);
}
