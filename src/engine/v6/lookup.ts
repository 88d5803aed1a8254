// What the stores know: leases and candidates of every IA and the reservations, all in one round trip to each store.
import type { PdPool, PoolBase, Subnet } from '../../config/snapshot.ts';
import { messageOf } from '../../errors.ts';
import { messageType6 } from '../../wire/v6/message.ts';
import { findLeases, likelyOffer, recallLease, recallOffer } from '../address-search.ts';
import { eligibleSubnets } from '../eligible.ts';
import { drawCandidates, permittedPools, type PoolChoice } from '../fresh-address.ts';
import { drop, goOn, type StepResult } from '../pipeline.ts';
import { findReservations } from '../reservations.ts';
import { placedHints } from './hints.ts';
import { collectIdentifiers } from './identifiers.ts';
import { searchesOf, type IaSearch } from './ia-search.ts';
import type { Transaction6 } from './transaction.ts';

export function lookUp(t: Transaction6): StepResult | Promise<StepResult> {
  if (assigning.has(t.type)) {
    try {
      t.ias = searchesOf(t);
    } catch (error) {
      return drop('parse-failed', messageOf(error));
    }
    // RFC 8415 §12: an IAID tells the IAs of one kind apart.
    if (t.ias.length > 1 && hasTwins(t.ias))
      return drop('rfc-violation', 'two IAs of one kind have the same IAID');
  }
  const subnets = eligibleSubnets(t);
  if (!t.subnet || subnets.length === 0) return 'continue';
  const asked: bigint[] = [];
  const lookups: Promise<void>[] = [];
  for (const s of t.ias) {
    const { addresses, lookup } = lookUpIa(s, subnets);
    asked.push(...addresses);
    if (lookup) lookups.push(lookup);
  }
  const reservations = findReservations(t, subnets, asked, collectIdentifiers);
  if (reservations) lookups.push(reservations);
  if (lookups.length === 0) return 'continue';
  return (lookups.length === 1 ? lookups[0]! : Promise.all(lookups)).then(goOn);
}

const hasTwins = (ias: readonly IaSearch[]): boolean =>
  new Set(ias.map(({ leaseType, ia }) => `${leaseType}/${ia.iaid}`)).size < ias.length;

/** Candidates ride along: where the lookup shows a free one, allocation needs no further round trip. */
function lookUpIa(
  s: IaSearch,
  subnets: readonly Subnet[],
): { readonly addresses: readonly bigint[]; readonly lookup: Promise<void> | null } {
  const { type } = s.t;
  const wished = s.hints.map(({ address }) => address).filter((address) => address !== 0n);
  const isSolicit = type === messageType6.SOLICIT;
  if (!isSolicit && s.hints.length === 1 && recall(s, wished[0] ?? null))
    return { addresses: wished, lookup: null };
  const candidates = isSolicit || wished.length === 0 ? drawCandidates(s, subnets, poolChoices(s)[0]) : [];
  const addresses = wished.length === 0 ? candidates : [...new Set([...wished, ...candidates])];
  const hold = isSolicit ? likelyOffer(s, placedHints(s)[0]?.address ?? null) : null;
  return { addresses, lookup: findLeases(s, addresses, hold) };
}

/** What this server offered a moment ago, or the client's lease: it is so, or the claim fails. */
const recall = (s: IaSearch, wished: bigint | null): boolean =>
  (s.t.type === messageType6.REQUEST && recallOffer(s, wished)) || recallLease(s, wished);

/**
 * Which pools to draw from, best first. RFC 8168 §3: a prefix of the length that the client wishes; where there is none
 * a larger one (of smaller length), then a smaller one.
 */
export function poolChoices(s: IaSearch): readonly PoolChoice[] {
  const all: PoolChoice = (subnet) => permittedPools(s, subnet);
  const length = s.leaseType === 2 ? (s.hints.find((hint) => hint.length > 0)?.length ?? 0) : 0;
  if (length === 0) return [all];
  const ofLength =
    (fits: (delegatedLength: number) => boolean): PoolChoice =>
    (subnet) =>
      all(subnet).filter((pool) => fits(delegatedLengthOf(pool)));
  return [
    ofLength((each) => each === length),
    ofLength((each) => each < length),
    ofLength((each) => each > length),
  ];
}

const delegatedLengthOf = (pool: PoolBase): number => (pool as PdPool).delegatedLength;

const assigning: ReadonlySet<number> = new Set([
  messageType6.SOLICIT,
  messageType6.REQUEST,
  messageType6.RENEW,
  messageType6.REBIND,
]);
