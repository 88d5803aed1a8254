// Types of private-server.mjs, for the tests.
export interface ServerBinary {
  readonly path: string;
  readonly version: string;
  readonly flavour: 'mariadb' | 'mysql';
}

export interface PrivateServer {
  readonly directory: string;
  readonly socketPath: string;
  /** False when it ran already. */
  readonly started: boolean;
  readonly pid: number | undefined;
  url(database?: string): string;
  release(): Promise<boolean>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface PrivateServerOptions {
  readonly directory: string;
  readonly binary: ServerBinary;
  readonly durable?: boolean;
  readonly extra?: readonly string[];
  readonly say?: (text: string) => void;
}

export function openPrivateServer(options: PrivateServerOptions): Promise<PrivateServer>;
export function findServerBinary(): ServerBinary | undefined;
export function socketUrl(socketPath: string, database: string): string;
export function greets(socketPath: string): Promise<boolean>;
export function endAbandoned(directory: string): Promise<boolean>;
