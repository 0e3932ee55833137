import type { SqlDialect } from '../../../db/store/dialect.ts';
import { type JsonRows, jsonRows, type Statement, statement } from '../../../db/store/statement.ts';
import type { NewEvent } from '../../contract/engine.ts';

/** Columns that are integers, whatever statement they come from. */
export const channelIntegers: ReadonlySet<string> = new Set(['place', 'floor', 'last', 'age']);

interface Rows {
  readonly rows: string;
}

// The time of the database, so that the clocks of machines do not matter.
const now = ({ kind }: SqlDialect): string =>
  kind === 'postgres'
    ? 'cast(extract(epoch from clock_timestamp()) * 1000 as bigint)'
    : `cast(unixepoch('subsec') * 1000 as integer)`;

export const newEvents: JsonRows<'id' | 'stream' | 'data'> = jsonRows('id', 'stream', 'data');

// SQLite: behind the last one, or behind what was dropped.
const lastOfAll = 'max(coalesce((select max(place) from cortado_channel_events), 0), g.place)';

/**
 * Adds events at the next places of their streams. On PostgreSQL it waits for the locks of the streams, always in the same order, before the
 * first number is taken, and nothing may be sent after it but the commit.
 */
export const addEvents: Statement<Rows & { readonly again: number }, unknown> = statement((dialect) => {
  const { text } = newEvents;
  const columns = `${text('id')} as id, ${text('stream')} as stream, ${text('data')} as data`;
  const unlessKnown = 'on conflict (id) where again = 1 do nothing';
  if (dialect.kind === 'sqlite')
    return `insert into cortado_channel_events (place, id, again, stream, data, at)
select ${lastOfAll} + 1 + f.key, ${text('id')}, :again, ${text('stream')}, ${text('data')}, ${now(dialect)}
from cortado_channel_log g, ${dialect.each} where true order by f.key ${unlessKnown}`;
  return `with e as materialized (select n, ${columns} from jsonb_array_elements(cast(:rows as jsonb)) with ordinality f(value, n)),
l as materialized (select pg_advisory_xact_lock(hashtext('cortado_channels'), s.h) from (select distinct hashtext(stream) as h from e order by h) s)
insert into cortado_channel_events (place, id, again, stream, data, at)
select nextval('cortado_channel_places'), o.id, cast(:again as integer), o.stream, o.data, ${now(dialect)}
from (select * from e where (select count(*) from l) > 0 order by n) o ${unlessKnown}`;
});

/** The same of one event that does not come again, which is what most transactions publish. */
export const addEvent: Statement<Pick<NewEvent, 'id' | 'stream' | 'data'>, unknown> = statement((dialect) =>
  dialect.kind === 'sqlite'
    ? `insert into cortado_channel_events (place, id, stream, data, at)
select ${lastOfAll} + 1, :id, :stream, :data, ${now(dialect)} from cortado_channel_log g`
    : `insert into cortado_channel_events (place, id, stream, data, at)
select nextval('cortado_channel_places'), :id, :stream, :data, ${now(dialect)}
from pg_advisory_xact_lock(hashtext('cortado_channels'), hashtext(:stream)) l`,
);

/** SQLite: nobody gets a place again that was dropped. */
export const noteDropped: Statement<{ readonly place: number }, unknown> = statement(
  'update cortado_channel_log set place = :place where place < :place',
);

const floorOf = (stream: string): string =>
  `(select coalesce(max(place), 0) from cortado_channel_floors where stream in (${stream}, ''))`;

interface PageValues {
  readonly stream: string;
  readonly after: number;
  readonly limit: number;
}

/** A row without an event where there is none, as the floor is wanted then as well. */
export interface PageRow {
  readonly floor: number;
  readonly place: number | null;
  readonly id: string;
  readonly data: string;
}

export const readPage: Statement<PageValues, PageRow> = statement(
  `select s.floor, e.place, e.id, e.data from (select ${floorOf(':stream')} as floor) s
left join (select place, id, data from cortado_channel_events where stream = :stream and place > :after order by place limit :limit) e
on 1 = 1 order by e.place`,
);

export const streamRows: JsonRows<'stream'> = jsonRows('stream');

export interface HeadRow {
  readonly stream: string;
  readonly floor: number;
  readonly last: number | null;
}

export const readHeads: Statement<Rows, HeadRow> = statement(({ each }) => {
  const stream = streamRows.text('stream');
  return `select ${stream} as stream, ${floorOf(stream)} as floor,
(select place from cortado_channel_events where stream = ${stream} order by place desc limit 1) as last from ${each}`;
});

export const readLog: Statement<Record<never, never>, { readonly id: string }> = statement(
  'select id from cortado_channel_log',
);

/** SQLite: the streams of what was added behind a place. */
export const newStreams: Statement<{ readonly place: number }, { readonly stream: string; readonly last: number }> =
  statement('select stream, max(place) as last from cortado_channel_events where place > :place group by stream');

export const lastPlace: Statement<Record<never, never>, { readonly last: number | null }> = statement(
  'select max(place) as last from cortado_channel_events',
);

/** A stream, and the place up to which its events are to be dropped. */
export interface StreamCut {
  readonly stream: string;
  readonly place: number;
}

export const cuts: JsonRows<'stream' | 'place'> = jsonRows('stream', 'place');

/**
 * Streams of a channel in the order of their names, behind one, and when the oldest event of each came, in milliseconds before now. From one name
 * the next is looked up in the index, whatever is between them.
 */
export const oldestOf: Statement<
  { readonly after: string; readonly end: string; readonly limit: number },
  { readonly stream: string; readonly age: number }
> = statement(
  (dialect) => `with recursive s(stream) as (
select min(stream) from cortado_channel_events where stream > :after and stream < :end
union all
select (select min(e.stream) from cortado_channel_events e where e.stream > s.stream and e.stream < :end) from s where s.stream is not null)
select s.stream, (select ${now(dialect)} - e.at from cortado_channel_events e where e.stream = s.stream order by e.place limit 1) as age
from (select stream from s where stream is not null limit :limit) s`,
);

/** Of each stream the last of its oldest events that are too old. */
export const beyondAge: Statement<Rows & { readonly age: number; readonly limit: number }, StreamCut> = statement(
  (dialect) => {
    const stream = streamRows.text('stream');
    return `select stream, place from (select ${stream} as stream, (select max(place) from
(select place, at from cortado_channel_events where stream = ${stream} order by place limit :limit) o
where at < ${now(dialect)} - cast(:age as bigint)) as place from ${dialect.each}) c where place is not null order by stream`;
  },
);

export const beyondCount: Statement<Rows & { readonly count: number }, StreamCut> = statement(({ each }) => {
  const stream = streamRows.text('stream');
  return `select stream, place from (select ${stream} as stream,
(select place from cortado_channel_events where stream = ${stream} order by place desc limit 1 offset cast(:count as bigint)) as place from ${each}) o
where place is not null order by stream`;
});

export const raiseFloors: Statement<Rows, unknown> = statement(
  (dialect) => `insert into cortado_channel_floors (stream, place, at)
select ${cuts.text('stream')}, ${cuts.integer('place')}, ${now(dialect)} from ${dialect.each} where true
on conflict (stream) do update set at = excluded.at,
place = case when excluded.place > cortado_channel_floors.place then excluded.place else cortado_channel_floors.place end`,
);

/** Of each stream the oldest ones up to its cut, at most `limit`. */
export const oldestUpTo: Statement<Rows & { readonly limit: number }, StreamCut> = statement(
  ({ each }) => `select e.stream, e.place from ${each} join cortado_channel_events e
on e.stream = ${cuts.text('stream')} and e.place <= ${cuts.integer('place')} order by e.place limit :limit`,
);

export const dropEvents: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_channel_events where (stream, place) in
(select ${cuts.text('stream')}, ${cuts.integer('place')} from ${each}) returning id`,
);

/** Floors that have not risen for long, as one of all streams: whoever comes back after that time has to read anew. */
export const mergeFloors: Statement<{ readonly age: number }, unknown> = statement(
  (dialect) => `insert into cortado_channel_floors (stream, place, at)
select '', max(place), ${now(dialect)} from cortado_channel_floors where stream <> '' and at < ${now(dialect)} - cast(:age as bigint) having max(place) is not null
on conflict (stream) do update set at = excluded.at,
place = case when excluded.place > cortado_channel_floors.place then excluded.place else cortado_channel_floors.place end`,
);

export const dropFloors: Statement<Record<never, never>, unknown> = statement(
  `delete from cortado_channel_floors where stream <> '' and place <= (select place from cortado_channel_floors where stream = '')`,
);

export const renewProcess: Statement<{ readonly process: string; readonly timeout: number }, unknown> = statement(
  (dialect) =>
    `update cortado_channel_processes set until = ${now(dialect)} + cast(:timeout as bigint) where id = :process returning id`,
);

export const addProcess: Statement<{ readonly process: string; readonly timeout: number }, unknown> = statement(
  (
    dialect,
  ) => `insert into cortado_channel_processes (id, until) values (:process, ${now(dialect)} + cast(:timeout as bigint))
on conflict (id) do update set until = excluded.until`,
);

export const newMembers: JsonRows<'id' | 'stream' | 'data'> = jsonRows('id', 'stream', 'data');

export const addMembers: Statement<Rows & { readonly process: string }, unknown> = statement(({ each }) => {
  const { text } = newMembers;
  return `insert into cortado_channel_members (id, process, stream, data)
select ${text('id')}, cast(:process as text), ${text('stream')}, ${text('data')} from ${each} where true on conflict (id) do nothing`;
});

export const memberIds: JsonRows<'id'> = jsonRows('id');

export const dropMembers: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_channel_members where id in (select ${memberIds.text('id')} from ${each})`,
);

export const presentMembers: Statement<{ readonly stream: string }, { readonly id: string; readonly data: string }> =
  statement(
    (
      dialect,
    ) => `select m.id, m.data from cortado_channel_members m join cortado_channel_processes p on p.id = m.process
where m.stream = :stream and p.until > ${now(dialect)} order by m.id`,
  );

export const dropProcess: Statement<{ readonly process: string }, unknown> = statement(
  'delete from cortado_channel_processes where id = :process',
);

export const dropOwnMembers: Statement<{ readonly process: string }, unknown> = statement(
  'delete from cortado_channel_members where process = :process',
);

/** Processes that have been silent for so long that they are forgotten, members and all. */
export const silentProcesses: Statement<{ readonly age: number }, { readonly id: string }> = statement(
  (dialect) =>
    `delete from cortado_channel_processes where until < ${now(dialect)} - cast(:age as bigint) returning id`,
);

export const dropStrayMembers: Statement<Record<never, never>, unknown> = statement(
  'delete from cortado_channel_members where process not in (select id from cortado_channel_processes)',
);
