// The change log since an edge's position → which objects to read again. Whatever is not understood means: everything.
import type { Family } from '../addr/family.ts';
import type { Json, JsonMap } from '../config/written.ts';
import { jsonValue, text, type Row } from './column-values.ts';

/** The small lists are read whole; networks and subnets one by one. */
export type ListKind = 'globals' | 'optionDefs' | 'options' | 'classes';

export interface Touched {
  readonly lists: ReadonlySet<ListKind>;
  readonly networkIds: ReadonlySet<number>;
  readonly networkNames: ReadonlySet<string>;
  readonly subnetIds: ReadonlySet<number>;
  /** Pools whose options changed; their subnets are looked up. */
  readonly poolIds: ReadonlySet<number>;
  readonly pdPoolIds: ReadonlySet<number>;
}

/** Rows of fleet_change → touched objects, or the reason why only a full fetch will do. */
export function touchedBy(
  family: Family,
  changes: readonly Row[],
): Touched | { readonly everything: string } {
  const touched = {
    lists: new Set<ListKind>(),
    networkIds: new Set<number>(),
    networkNames: new Set<string>(),
    subnetIds: new Set<number>(),
    poolIds: new Set<number>(),
    pdPoolIds: new Set<number>(),
  };
  const prefix = `dhcp${family}_`;
  for (const change of changes) {
    const table = text(change.table_name);
    if (change.operation === 'truncate') return { everything: `${table} was truncated` };
    const images = [change.before_image, change.after_image]
      .filter((image) => image !== null && image !== undefined)
      .map(jsonValue);
    if (images.length === 0 || !images.every(isMap))
      return { everything: `a change of ${table} has no image` };
    const name = table.startsWith(prefix) ? table.slice(prefix.length) : table;
    const mark = markers.get(name);
    if (mark === undefined) return { everything: `${table} changed` };
    for (const image of images) {
      if (!mark(image, touched, family)) return { everything: `a change of ${table} names no owner` };
    }
  }
  return touched;
}

type Image = JsonMap;
interface Marks {
  lists: Set<ListKind>;
  networkIds: Set<number>;
  networkNames: Set<string>;
  subnetIds: Set<number>;
  poolIds: Set<number>;
  pdPoolIds: Set<number>;
}
/** False: the image does not say which object it belongs to. */
type Marker = (image: Image, marks: Marks, family: Family) => boolean;

const list =
  (kind: ListKind): Marker =>
  (_image, marks) => {
    marks.lists.add(kind);
    return true;
  };
const idIn =
  (column: string, set: (marks: Marks) => Set<number>): Marker =>
  (image, marks) => {
    const id = Number(image[column]);
    if (!Number.isSafeInteger(id) || id <= 0) return false;
    set(marks).add(id);
    return true;
  };
const nothing: Marker = () => true;

/** Which scope of an option points to which owner; `scope_id` is a row of dhcp_option_scope. */
const optionOwner: Marker = (image, marks, family) => {
  switch (Number(image.scope_id)) {
    case 0:
      marks.lists.add('options');
      return true;
    case 1:
      return idIn(`dhcp${family}_subnet_id`, (all) => all.subnetIds)(image, marks, family);
    case 2:
      marks.lists.add('classes');
      return true;
    case 3:
      // Options of reservations are read with their host, per packet.
      return true;
    case 4:
      if (typeof image.shared_network_name !== 'string') return false;
      marks.networkNames.add(image.shared_network_name);
      return true;
    case 5:
      return idIn('pool_id', (all) => all.poolIds)(image, marks, family);
    case 6:
      return idIn('pd_pool_id', (all) => all.pdPoolIds)(image, marks, family);
    default:
      return false;
  }
};

const markers: ReadonlyMap<string, Marker> = new Map<string, Marker>([
  ['global_parameter', list('globals')],
  ['global_parameter_server', list('globals')],
  [
    'option_def',
    (image, marks) => {
      marks.lists.add(image.class_id === null || image.class_id === undefined ? 'optionDefs' : 'classes');
      return true;
    },
  ],
  ['option_def_server', list('optionDefs')],
  ['options', optionOwner],
  ['options_server', list('options')],
  ['client_class', list('classes')],
  ['client_class_order', list('classes')],
  ['client_class_dependency', list('classes')],
  ['client_class_server', list('classes')],
  ['shared_network', idIn('id', (marks) => marks.networkIds)],
  ['shared_network_server', idIn('shared_network_id', (marks) => marks.networkIds)],
  ['subnet', idIn('subnet_id', (marks) => marks.subnetIds)],
  ['subnet_server', idIn('subnet_id', (marks) => marks.subnetIds)],
  ['pool', idIn('subnet_id', (marks) => marks.subnetIds)],
  ['pd_pool', idIn('subnet_id', (marks) => marks.subnetIds)],
  // A changed server that concerns this edge changes its list of servers, which every fetch compares.
  ['server', nothing],
]);

function isMap(value: Json): value is Image {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
