import { readFileSync } from 'node:fs';

// Linux counts processor time in ticks of a hundredth of a second (sysconf(_SC_CLK_TCK) is 100 wherever Node runs).
const ticksPerSecond = 100;

/** Processor seconds (user and system, all threads) of a process; `undefined` where there is no `/proc`. */
export function cpuSeconds(pid: number): number | undefined {
  const line = read(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a process in bytes; `undefined` where there is no `/proc`. */
export function residentBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
