// The clients that a bulk query is about (RFC 5460 §5.3), found page by page, so that memory holds one page at most.
import { setImmediate } from 'node:timers/promises';
import { addressKey } from '../../addr/address-key.ts';
import type { Lease6 } from '../../store/lease.ts';
import type { LeasePage } from '../../store/lease-store.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import type { Status6 } from '../../wire/v6/status.ts';
import {
  bindingsByAddress,
  bindingsByClient,
  bindingsOf,
  clockOf,
  isActive,
  notConfigured,
  type Binding,
  type BindingDeps,
} from './bindings.ts';
import { linkAt, type Link } from './links.ts';
import { isStatus, type Question } from './query.ts';
import { cameBy } from './relay-data.ts';
import type { LeaseQueryService } from './service.ts';

type ScannedQuestion = Exclude<Question, { by: 'address' | 'client' }>;

/** The options of CLIENT_DATA of each client on each link. Rejects, as its iterator does, when the store does not answer. */
export async function findClients(
  question: Question,
  service: LeaseQueryService,
): Promise<AsyncIterable<Options6> | Status6> {
  const deps = service.bindingDeps();
  if (question.by === 'address' || question.by === 'client') {
    const found = await (question.by === 'address'
      ? bindingsByAddress(question, deps)
      : bindingsByClient(question, deps));
    return isStatus(found) ? found : encodeAll([found.bindings, found.now], question, service, deps);
  }
  const link = question.link === 0n ? null : linkAt(deps.snapshot, question.link);
  if (link === undefined) return notConfigured('the link is not in the configuration');
  return scan(question, link, service, deps);
}

/**
 * Walks through the leases of one subnet after the other, or of all, in order of address. A client with several leases is
 * told when its first one comes by, with all that it has on the link, and so only once; nothing has to be remembered.
 */
async function* scan(
  question: ScannedQuestion,
  link: Link | null,
  service: LeaseQueryService,
  deps: BindingDeps,
): AsyncGenerator<Options6> {
  const isWanted = (lease: Lease6): boolean =>
    question.by === 'link' || cameBy(lease, question.by, question.id);
  for (const subnetIds of link?.map(({ id }) => [id]) ?? [null]) {
    for await (const { leases, now } of pagesOf(subnetIds, service.parameters.bulk!.leasesPerFetch, deps)) {
      const wanted = leases.filter((lease) => isActive(lease, now) && isWanted(lease));
      const bindings = await firstBindings(wanted, isWanted, now, deps);
      yield* encodeAll([bindings, now], question, service, deps);
    }
  }
}

interface ClockedPage {
  readonly leases: readonly Lease6[];
  readonly now: number;
}

async function* pagesOf(
  subnetIds: readonly number[] | null,
  size: number,
  { leases }: BindingDeps,
): AsyncGenerator<ClockedPage> {
  let after: bigint | null = null;
  for (;;) {
    const next: Promise<LeasePage<Lease6>> = leases.page(after, size, subnetIds);
    const [page, { now }] = await Promise.all([next, clockOf(leases)]);
    yield { leases: page.leases, now };
    if (page.leases.length < size) return;
    after = page.leases.at(-1)!.address;
    // A store in memory answers at once: packets go between.
    await setImmediate();
  }
}

/** The bindings whose first wanted lease is among these. */
async function firstBindings(
  wanted: readonly Lease6[],
  isWanted: (lease: Lease6) => boolean,
  now: number,
  { leases, snapshot }: BindingDeps,
): Promise<readonly Binding[]> {
  if (wanted.length === 0) return [];
  const here = new Set(wanted.map(({ address }) => addressKey(address)));
  const own = await leases.ofClients(wanted.map(({ duid }) => duid));
  return bindingsOf(own, now, snapshot).filter((binding) => {
    const first = binding.leases.find(isWanted);
    return first !== undefined && here.has(addressKey(first.address));
  });
}

async function* encodeAll(
  [bindings, now]: readonly [readonly Binding[], number],
  question: Question,
  service: LeaseQueryService,
  { snapshot }: BindingDeps,
): AsyncGenerator<Options6> {
  for (const binding of bindings) {
    const data = service.encoder.encode(binding, now, question, snapshot);
    const relayData = service.relayData(binding, question);
    if (relayData) data.add(option6.lqRelayData, relayData);
    yield data;
  }
}
