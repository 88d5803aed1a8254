// An object of a configuration file. Its place there is looked for when somebody asks: thousands are never asked for.
import type { WrittenObject } from './parts.ts';
import { pathText, type JsonPath, type Locate } from './json.ts';
import type { JsonMap } from './written.ts';

type Origin = WrittenObject['origin'];

export class FileObject implements WrittenObject {
  readonly json: JsonMap;
  readonly #path: JsonPath;
  readonly #locate: Locate;

  constructor(json: JsonMap, path: JsonPath, locate: Locate) {
    this.json = json;
    this.#path = path;
    this.#locate = locate;
    Object.freeze(this);
  }

  get origin(): Origin {
    return new FilePlace(this.#path, this.#locate);
  }

  locate(inner: JsonPath): Origin {
    return placeInFile([...this.#path, ...inner], this.#locate);
  }
}

export function placeInFile(path: JsonPath, locate: Locate): Origin {
  return Object.freeze({ kind: 'file', ...locate(path), key: pathText(path) });
}

class FilePlace {
  readonly kind = 'file';
  readonly #path: JsonPath;
  readonly #locate: Locate;

  constructor(path: JsonPath, locate: Locate) {
    this.#path = path;
    this.#locate = locate;
  }
  get file(): string {
    return this.#locate(this.#path).file;
  }
  get line(): number {
    return this.#locate(this.#path).line;
  }
  get column(): number {
    return this.#locate(this.#path).column;
  }
  get key(): string {
    return pathText(this.#path);
  }
}
