// What a row of the bench is given and what it returns: one line for each figure.
import type { Family } from '../../src/addr/family.ts';
import type { Lab } from '../lab/lab.ts';
import type { Product } from '../lab/product.ts';

export interface BenchContext {
  /** Of this run of the row. */
  readonly family: Family;
  readonly lab: Lab;
  readonly flotilla: Product;
  /** Null: not installed. */
  readonly kea: Product | null;
  /** Shorter runs, fewer of them: for a first look, not for claims. */
  readonly quick: boolean;
  readonly progress: (text: string) => void;
}

export interface BenchLine {
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly flotilla: number | null;
  /** Null: not measured, or Kea has no such thing. */
  readonly kea: number | null;
  /** What is to be reached, in words. */
  readonly bar: string;
  readonly met: boolean | null;
  readonly note?: string;
}

export interface BenchRow {
  /** For `--only`; in DHCPv6 with a 6 behind it. */
  readonly name: string;
  readonly title: string;
  /** It runs once for each of them. */
  readonly families: readonly Family[];
  run(context: BenchContext): Promise<readonly BenchLine[]>;
}

/** The products that are here, Flotilla first. */
export function products({ family, flotilla, kea }: BenchContext): readonly Product[] {
  return kea?.families.includes(family) ? [flotilla, kea] : [flotilla];
}

/** How many times better `flotilla` is; null when one is missing. */
export function ratioOf({ flotilla, kea, better }: BenchLine): number | null {
  if (flotilla === null || kea === null || flotilla === 0 || kea === 0) return null;
  if (!Number.isFinite(flotilla) || !Number.isFinite(kea)) return null;
  return better === 'more' ? flotilla / kea : kea / flotilla;
}
