// Options from several scopes: the first scope that has a code wins; always-send and never-send hold from any scope.
import { optionSet } from '../config/option-scope.ts';
import type { Host } from '../store/host-store.ts';
import type { OptionData, OptionSet } from '../wire/option-data.ts';
import { permits } from './class-list.ts';

export interface OptionAssemblerOptions {
  /** Sub-options as bytes: the family's own code and length form. */
  readonly encodeSuboptions: (suboptions: ReadonlyMap<number, Uint8Array>) => Uint8Array;
}

/** The scopes of one reply, most specific first, and the classes that options may be tagged with. */
export interface OptionScopes {
  readonly scopes: readonly OptionSet[];
  readonly classes: ReadonlySet<string>;
}

interface ForcedCodes {
  readonly always: readonly OptionData[];
  readonly never: readonly OptionData[];
}

/** Remembers per configured option what its bytes are, so a reply copies nothing and encodes nothing twice. */
export class OptionAssembler {
  readonly #encodeSuboptions: OptionAssemblerOptions['encodeSuboptions'];
  readonly #encoded = new WeakMap<OptionData, Uint8Array>();
  readonly #forced = new WeakMap<OptionSet, Map<string, ForcedCodes>>();
  readonly #ofHost = new WeakMap<Host, OptionSet>();

  constructor(options: OptionAssemblerOptions) {
    this.#encodeSuboptions = options.encodeSuboptions;
  }

  /** A reservation's options as a scope. */
  scopeOf(host: Host): OptionSet {
    let scope = this.#ofHost.get(host);
    if (!scope) this.#ofHost.set(host, (scope = optionSet(host.options)));
    return scope;
  }

  /** Values of the first scope that has the code for these classes, encapsulated options included. */
  values(from: OptionScopes, space: string, code: number): readonly Uint8Array[] {
    for (const scope of from.scopes) {
      const found = scope
        .get(space)
        ?.get(code)
        ?.filter((option) => admits(option, from.classes));
      if (found && found.length > 0) return found.map((option) => this.#encode(scope, option));
    }
    return noValues;
  }

  first(from: OptionScopes, space: string, code: number): Uint8Array | undefined {
    for (const scope of from.scopes) {
      for (const option of scope.get(space)?.get(code) ?? none)
        if (admits(option, from.classes)) return this.#encode(scope, option);
    }
    return undefined;
  }

  /** Codes of this space that are sent unasked. */
  alwaysSent(from: OptionScopes, space: string): ReadonlySet<number> {
    return this.#codes(from, space, 'always');
  }

  /** Codes of this space that are sent to nobody. */
  neverSent(from: OptionScopes, space: string): ReadonlySet<number> {
    return this.#codes(from, space, 'never');
  }

  #codes(from: OptionScopes, space: string, which: keyof ForcedCodes): ReadonlySet<number> {
    let codes: Set<number> | null = null;
    for (const scope of from.scopes) {
      for (const option of this.#forcedIn(scope, space)[which]) {
        if (admits(option, from.classes)) (codes ??= new Set()).add(option.code);
      }
    }
    return codes ?? noCodes;
  }

  #forcedIn(scope: OptionSet, space: string): ForcedCodes {
    let bySpace = this.#forced.get(scope);
    if (!bySpace) this.#forced.set(scope, (bySpace = new Map<string, ForcedCodes>()));
    let forced = bySpace.get(space);
    if (!forced) {
      const options = [...(scope.get(space)?.values() ?? [])].flat();
      forced = {
        always: options.filter((option) => option.alwaysSend),
        never: options.filter((option) => option.neverSend),
      };
      bySpace.set(space, forced);
    }
    return forced;
  }

  #encode(scope: OptionSet, option: OptionData): Uint8Array {
    let bytes = this.#encoded.get(option);
    if (!bytes) this.#encoded.set(option, (bytes = this.#withSuboptions(scope, option, new Set())));
    return bytes;
  }

  /** Sub-options of the space that the option encapsulates come from the same scope. `open`: spaces being encoded. */
  #withSuboptions(scope: OptionSet, option: OptionData, open: Set<string>): Uint8Array {
    const space = option.definition?.encapsulates ?? '';
    const members = space === '' || open.has(space) ? undefined : scope.get(space);
    if (!members || members.size === 0) return option.data;
    const suboptions = new Map<number, Uint8Array>();
    const inner = new Set(open).add(space);
    for (const [code, values] of members) {
      const value = values.find((candidate) => !candidate.neverSend);
      if (value) suboptions.set(code, this.#withSuboptions(scope, value, inner));
    }
    const tail = this.#encodeSuboptions(suboptions);
    const bytes = new Uint8Array(option.data.length + tail.length);
    bytes.set(option.data);
    bytes.set(tail, option.data.length);
    return bytes;
  }
}

const none: readonly OptionData[] = [];
const noValues: readonly Uint8Array[] = [];
const noCodes: ReadonlySet<number> = new Set();

const admits = (option: OptionData, classes: ReadonlySet<string>): boolean =>
  permits(option.clientClasses, classes);
