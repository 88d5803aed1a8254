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

/** Lines leave together, when there are so many characters of them or so many milliseconds have passed. */
const batchLength = 65_536;
const batchMilliseconds = 20;

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
    options.destination ?? gatheredLines(pino.destination({ dest: 1, sync: false })),
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

/**
 * A write for each line cost a fifth of it, and what gathers in the stream itself is measured anew with every line.
 * What waits is written when the process ends.
 */
function gatheredLines(stream: ReturnType<typeof pino.destination>): DestinationStream {
  let lines: string[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    const hasEnded = 'destroyed' in stream && stream.destroyed === true;
    if (lines.length > 0 && !hasEnded) stream.write(lines.join(''));
    lines = [];
    length = 0;
  };
  // Before the stream's own listener, which writes what it has and ends.
  process.prependListener('beforeExit', flush);
  process.prependListener('exit', flush);
  return {
    write(line) {
      lines.push(line);
      length += line.length;
      if (length >= batchLength) flush();
      else timer ??= setTimeout(flush, batchMilliseconds).unref();
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
