// The command line, as a person runs it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packageRoot } from './package.mjs';

const program = fileURLToPath(new URL('bin/octavo.mjs', packageRoot));

/** How to run `octavo` in a folder, which is asked for at each call. */
export function commandLine(folder) {
  /** Gives {code, stdout, stderr}. */
  const octavo = (...args) =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [program, ...args],
        { cwd: folder(), maxBuffer: 1 << 26 },
        (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }),
      );
    });

  /** Runs it with --json and gives the one document on stdout. */
  const json = async (...args) => {
    const { code, stdout, stderr } = await octavo(...args, '--json');
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };

  const fails = async (expected, pattern, args) => {
    const { code, stdout, stderr } = await octavo(...args);
    assert.equal(code, expected, `${args.join(' ')}: ${stdout} ${stderr}`);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.doesNotMatch(stderr, /\n\s+at /);
  };
  /** One line on stderr, which the pattern matches, and exit code 1. */
  const failsWith = (pattern, ...args) => fails(1, pattern, args);
  /** The same with exit code 2: the command or its options are at fault. */
  const misused = (pattern, ...args) => fails(2, pattern, args);
  return { octavo, json, failsWith, misused };
}
