// Child processes: the tools call programs through these functions only.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './paths.mjs';

/** A failure that is told in one line (or a few) and without a stack. */
export class Problem extends Error {}

/** The full path of `program` on PATH, or undefined. */
export function findProgram(program, searchPath = process.env.PATH ?? '') {
  for (const folder of searchPath.split(delimiter)) {
    const candidate = join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: look in the next folder.
    }
  }
  return undefined;
}

/** Runs a program with its output on ours; resolves to its exit code. Ctrl-C reaches it too. */
export function runStatus(program, args, { cwd = root, env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio });
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.stderr?.on('data', (data) => (output += data));
    child.on('error', (error) => reject(new Problem(`${program} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(output);
      resolve(code ?? (signal ? 128 : 1));
    });
  });
}

/** Runs a program with its standard output on ours, and gives that output with the exit code. */
export function runShown(program, args, { cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      process.stdout.write(data);
    });
    child.on('error', (error) => reject(new Problem(`${program} could not be started: ${error.message}`)));
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

/** Runs a program that must succeed. With `quiet`, its output is shown only if it fails. */
export async function run(program, args, options = {}) {
  const status = await runStatus(program, args, options);
  if (status !== 0) throw new Problem(`${[program, ...args].join(' ')} failed with exit code ${status}`);
}

/** The standard output of a program, or undefined if it fails or is not there. */
export function capture(program, args, { cwd = root, env = {} } = {}) {
  const result = spawnSync(program, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Runs a tool's main function: a Problem becomes a plain message, and every failure exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
