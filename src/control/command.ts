// A management command: Kea's request and answer shapes, and the registry that every command joins.

/** Kea's result codes. */
export const commandResult = {
  success: 0,
  error: 1,
  unsupported: 2,
  empty: 3,
  conflict: 4,
  fatal: 5,
} as const;

export interface CommandRequest {
  readonly command: string;
  readonly arguments?: unknown;
  readonly service?: readonly string[];
}

export interface CommandAnswer {
  readonly result: number;
  readonly text?: string;
  readonly arguments?: unknown;
}

export type CommandHandler = (
  args: unknown,
  request: CommandRequest,
) => CommandAnswer | Promise<CommandAnswer>;

/** Sees a command after it produced its answer, and may give another. */
export type CommandProcessed = (
  command: string,
  args: unknown,
  answer: CommandAnswer,
) => Promise<CommandAnswer>;

export interface CommandRegistry {
  /** Registers a handler; registering a name twice hides the earlier one until the returned function removes this one. */
  register(name: string, handler: CommandHandler): () => void;
  names(): readonly string[];
  /** What becomes of every answer before it leaves; replaces the function given before. It must not reject. */
  onProcessed(processed: CommandProcessed): void;
  /** Never throws: a failing handler becomes result 1 with its message. */
  execute(request: unknown): Promise<CommandAnswer>;
}
