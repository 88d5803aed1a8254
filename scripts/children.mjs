// Child processes of a script: each in a group of its own, signals passed on, never one left behind.
import { spawn } from 'node:child_process';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Children get a signal from here only, never from the terminal as well, so that they can stop in order. */
export function createChildren() {
  const running = new Map();
  let interruptedBy;
  const pass = (signal) => {
    interruptedBy = signal;
    for (const [child, wholeGroup] of running) {
      try {
        process.kill(wholeGroup ? -child.pid : child.pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  };
  for (const signal of passedOn) process.on(signal, pass);
  return {
    /** The signal that asked this script to end, if one did. */
    get interruptedBy() {
      return interruptedBy;
    },
    /**
     * Resolves with the exit code (128 when a signal ended it). `wholeGroup: false` signals the child alone, because it
     * ends its own children in an order of its own.
     */
    run(command, args, { env = process.env, cwd, wholeGroup = true } = {}) {
      if (interruptedBy !== undefined) return Promise.resolve(128);
      return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
          env,
          cwd,
          detached: true,
          stdio: ['ignore', 'inherit', 'inherit'],
        });
        if (child.pid !== undefined) running.set(child, wholeGroup);
        child.once('error', reject);
        child.once('exit', (code) => {
          running.delete(child);
          resolve(code ?? 128);
        });
      });
    },
    close() {
      for (const signal of passedOn) process.off(signal, pass);
    },
  };
}
