// `flotilla/hooks`: everything that the author of a hook library writes against. Types, and the table of points.
export type * from './library.ts';
export type { AuditEntry, HookArguments, HookPoint } from '../engine/hooks.ts';
export type { Query4, Response4 } from '../engine/v4/hook-arguments.ts';
export type { Answer6, Query6, Response6 } from '../engine/v6/hook-arguments.ts';
export type { PacketQueue, QueueDeps, QueueDrop, QueuedPacket, QueueFactory } from '../engine/queue-types.ts';
export type { Snapshot, Subnet, SharedNetwork, Pool, DdnsParameters } from '../config/snapshot.ts';
export type { Host } from '../store/host-store.ts';
export type { Lease4 } from '../store/lease.ts';
export type { LeaseStore } from '../store/lease-store.ts';
export type { Logger } from '../log.ts';
export type { Message4 } from '../wire/v4/message.ts';
export { pointsTable, type PointArgument, type PointRow } from './points-table.ts';
