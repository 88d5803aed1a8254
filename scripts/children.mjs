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
     * ends its own children in an order of its own. `output`: shown, hidden, or shown when it has failed.
     */
    run(command, args, { env = process.env, cwd, wholeGroup = true, output = 'shown' } = {}) {
      if (interruptedBy !== undefined) return Promise.resolve(128);
      return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
          env,
          cwd,
          detached: true,
          stdio: output === 'shown' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
        });
        const kept = [];
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => kept.push(chunk));
        if (child.pid !== undefined) running.set(child, wholeGroup);
        child.once('error', reject);
        child.once('close', (code) => {
          running.delete(child);
          if (output === 'on failure' && code !== 0) process.stderr.write(Buffer.concat(kept));
          resolve(code ?? 128);
        });
      });
    },
    close() {
      for (const signal of passedOn) process.off(signal, pass);
    },
  };
}
