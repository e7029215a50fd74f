// The one error type of the package.

/**
 * What kind of mistake an `OctavoError` reports.
 *
 * - `InvalidModel`: the bytes are not a well-formed ONNX model
 * - `Unsupported`: well-formed, but uses an operator, opset, attribute or data type that Octavo lacks
 * - `InvalidGraph`: an operator's inputs break its contract
 * - `InvalidInput`: a feed is missing, unknown, or of the wrong type or shape
 * - `InvalidOption`: an option is unknown or out of range
 * - `InvalidData`: calibration or comparison data cannot be used
 * - `OutOfMemory`: the heap cannot hold the model or its activations
 * - `Disposed`: the model or engine was disposed before
 * - `Download`: a URL could not be fetched whole
 * - `File`: a file could not be read or written
 * - `EngineStart`: the engine could not be started
 * - `Internal`: a mistake of Octavo's own. Where the engine crashed, `engine.usable` is false: make a new one
 */
export type ErrorCode =
  | 'InvalidModel'
  | 'Unsupported'
  | 'InvalidGraph'
  | 'InvalidInput'
  | 'InvalidOption'
  | 'InvalidData'
  | 'OutOfMemory'
  | 'Disposed'
  | 'Download'
  | 'File'
  | 'EngineStart'
  | 'Internal';

/** Where a mistake is. What is not known is absent. */
export interface ErrorPlace {
  /** The file name or URL. */
  file?: string | undefined;
  /** The name of the graph's node. */
  node?: string | undefined;
  /** The node's operator, for example `Conv`. */
  op?: string | undefined;
  /** Further facts, for example `{ input, expected, given }`. */
  detail?: Readonly<Record<string, unknown>> | undefined;
}

/** An error as plain data, as it crosses from a worker. */
export interface ErrorRecord extends ErrorPlace {
  code: ErrorCode;
  message: string;
}

/** The error that every call of the package throws, except an abort: that throws the signal's own reason. */
export class OctavoError extends Error {
  override readonly name = 'OctavoError';
  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly node: string | undefined;
  readonly op: string | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.file = place.file || undefined;
    this.node = place.node || undefined;
    this.op = place.op || undefined;
    this.detail = place.detail;
  }

  /** The same error, its message led by the name of the file that it concerns. */
  inFile(file: string): OctavoError {
    if (this.file) return this;
    const { code, node, op, detail } = this;
    return new OctavoError(
      code,
      `${file}: ${this.message}`,
      { file, node, op, detail },
      { cause: this.cause },
    );
  }

  /** Whatever was thrown as an OctavoError: memory that JavaScript refuses is a RangeError. */
  static from(thrown: unknown): OctavoError {
    if (thrown instanceof OctavoError) return thrown;
    const code = thrown instanceof RangeError ? 'OutOfMemory' : 'Internal';
    return new OctavoError(code, messageOf(thrown), {}, { cause: thrown });
  }

  /** @internal As it crosses from a worker. */
  toRecord(): ErrorRecord {
    const { code, message, file, node, op, detail } = this;
    return { code, message, file, node, op, detail };
  }

  /** @internal */
  static fromRecord(record: ErrorRecord): OctavoError {
    return new OctavoError(record.code, record.message, record);
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
