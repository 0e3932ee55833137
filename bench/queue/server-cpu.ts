// What the processes of a PostgreSQL have used of the processor, by /proc: its own share of a measurement.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Hundredths of a second, as Linux counts them for every process. */
const tick = 10_000;

/** Microseconds that a server's processes have used so far, those that have ended included. */
export async function serverCpu(url: string): Promise<() => number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('show data_directory');
  await client.end();
  const [master = ''] = readFileSync(join(rows[0]!.data_directory, 'postmaster.pid'), 'utf8').split('\n');
  return () => {
    let ticks = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const fields = statOf(pid);
      if (pid === master) ticks += sum(fields.slice(11, 15));
      else if (fields[1] === master) ticks += sum(fields.slice(11, 13));
    }
    return ticks * tick;
  };
}

/** The fields of a process behind its name: state, parent, …; utime, stime, cutime and cstime are 11 to 14. */
function statOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended in the meantime.
    return [];
  }
}

const sum = (texts: readonly string[]): number => texts.reduce((all, text) => all + Number(text), 0);
