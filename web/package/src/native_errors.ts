// The one place where calls into the engine fail.
import { OctavoError, messageOf, type ErrorCode } from './error.js';
import type { NativeModule } from './native.js';

/** All that C++ threw has cleaned up behind itself: even after an error that it should not have, the engine goes on. */
const unwound = { engineUsable: true };

type Call = (this: unknown, ...args: unknown[]) => unknown;

const functions = ['beginDownload', 'makeEngine', 'compareTensors', 'supportedOperators', 'readTraining'];

/**
 * Makes every call of a module throw an OctavoError where it fails. The C++ side throws nothing: it keeps its error until
 * it is asked. A crash ends the module: its memory is in no known state, so no later call reaches it.
 */
export function throwErrors(native: NativeModule): NativeModule {
  let crash: OctavoError | undefined;
  const failed = (thrown: unknown) => {
    if (isRefusedMemory(thrown))
      return new OctavoError('OutOfMemory', `JavaScript has no more memory: ${messageOf(thrown)}`);
    const reason = messageOf(thrown);
    const message = `the engine crashed before (${reason}); make a new one`;
    crash = new OctavoError('Disposed', message, {}, { cause: thrown });
    return new OctavoError('Internal', `the engine crashed: ${reason}`, {}, { cause: thrown });
  };
  const throwing = (call: Call): Call =>
    function (...args) {
      if (crash) throw crash;
      const stack = native.stackSave();
      let result: unknown;
      try {
        result = call.apply(this, args);
      } catch (thrown) {
        // What JavaScript throws while C++ calls it leaves the stack where it was.
        native.stackRestore(stack);
        throw failed(thrown);
      }
      const error = native.takeError();
      if (error) {
        const detail = error.code === 'Internal' ? unwound : undefined;
        throw new OctavoError(error.code as ErrorCode, error.message, { ...error, detail });
      }
      return result;
    };
  const members = native as unknown as Record<string, Call & { prototype?: Record<string, Call> }>;
  // A module that is linked without a facet lacks its functions.
  for (const name of functions) if (members[name]) members[name] = throwing(members[name]);
  for (const { prototype } of Object.values(members)) {
    // What the module makes objects of: they are deleted, by a method that all inherit.
    if (!prototype?.delete) continue;
    for (const name of Object.getOwnPropertyNames(prototype))
      if (name !== 'constructor') prototype[name] = throwing(prototype[name]);
    const end = throwing(prototype.delete);
    // After a crash there is nothing to give back.
    prototype.delete = function () {
      return crash ? undefined : end.call(this);
    };
  }
  return native;
}

/** A stack that overflows is a RangeError, too, but no C++ frame that it ends has cleaned up. */
function isRefusedMemory(thrown: unknown): boolean {
  return thrown instanceof RangeError && !/call stack|recursion/i.test(thrown.message);
}
