// One log line per event: Kea's message identifiers, JSON lines through pino, secrets never included.
import { pino, type DestinationStream, type Level } from 'pino';

export type LogFields = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>;

/** `id` is an identifier of Kea's catalogue where the event is the same, else `FLOTILLA_…`. */
export interface Logger {
  error(id: string, text: string, fields?: LogFields): void;
  warn(id: string, text: string, fields?: LogFields): void;
  info(id: string, text: string, fields?: LogFields): void;
  debug(id: string, text: string, fields?: LogFields): void;
  /** True when a debug line would be written: guard costly texts with it. */
  readonly debugEnabled: boolean;
}

/** A logger whose threshold follows the configuration. */
export interface LeveledLogger extends Logger {
  setLevel(level: Level | 'silent'): void;
}

export interface LogOptions {
  /** Logger name as in Kea: `kea-dhcp4`, `kea-dhcp6`. */
  readonly name: string;
  readonly level?: Level | 'silent';
  readonly destination?: DestinationStream;
}

/** Lines leave together, when there are so many bytes of them or so many milliseconds have passed: a write for each line cost a fifth of it. What waits is written when the process ends. */
const writeBytes = 65_536;
const writeMilliseconds = 20;

/** A logger that writes `{"level","time","name","id","msg",…}` lines; `msg` starts with the identifier. */
export function createLogger(options: LogOptions): LeveledLogger {
  const sink = pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      timestamp: isoTime(),
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      base: { name: options.name, pid: process.pid },
    },
    options.destination ??
      pino.destination({
        dest: 1,
        sync: false,
        minLength: writeBytes,
        maxWrite: 2 * writeBytes,
        periodicFlush: writeMilliseconds,
      }),
  );
  const write =
    (level: Level) =>
    (id: string, text: string, fields?: LogFields): void => {
      if (sink.isLevelEnabled(level)) sink[level]({ id, ...fields }, `${id} ${text}`);
    };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    setLevel(level) {
      sink.level = level;
    },
    get debugEnabled() {
      return sink.isLevelEnabled('debug');
    },
  };
}

/** As pino's own, but a busy server has many lines in one millisecond. */
function isoTime(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** A logger that drops everything: for tools and tests that read results instead. */
export const silentLogger: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  debugEnabled: false,
};
