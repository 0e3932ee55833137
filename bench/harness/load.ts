import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cores, onCore } from './cores.ts';
import { run } from './run.ts';

/** One request, sent again and again. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query string. */
  readonly path: string;
  /** A JSON body. */
  readonly body?: string;
  /** Whether it is to be refused: any answer but 4xx counts as failed, not any but 2xx. */
  readonly isRefused?: boolean;
}

/** How hard and how long to load. */
export interface LoadOptions {
  readonly seconds: number;
  /** Connections kept open, with one request at a time on each. Default 64. */
  readonly connections?: number;
}

/** What a load found. Latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers of another kind than was asked for, and sockets that failed. */
  readonly failed: number;
  /** Requests that were not answered within the two seconds that wrk waits: the machine was busy with something else, or the server is slow. */
  readonly late: number;
}

/** The tool that makes the load. */
export const loadTool: 'wrk' | 'autocannon' =
  spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error === undefined ? 'wrk' : 'autocannon';

/** Sends one request over many connections for some seconds, from the load's core. */
export async function load(url: string, request: LoadRequest, options: LoadOptions): Promise<LoadResult> {
  return loadTool === 'wrk' ? wrk(url, request, options) : autocannon(url, request, options);
}

// Prints what wrk knows as one line of JSON.
const report = `
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"perSecond":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d,"late":%d}\\n',
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write, e.timeout))
end
`;

interface WrkReport extends Omit<LoadResult, 'failed'> {
  readonly refused: number;
  readonly broken: number;
}

function notAsAsked({ isRefused = false }: LoadRequest, requests: number, refused: number): number {
  return isRefused ? requests - refused : refused;
}

async function wrk(url: string, request: LoadRequest, options: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cortado-bench-'));
  try {
    const script = join(folder, 'load.lua');
    const lines = [`wrk.method = "${request.method}"`];
    if (request.body !== undefined)
      lines.push(`wrk.body = [==[${request.body}]==]`, 'wrk.headers["content-type"] = "application/json"');
    writeFileSync(script, lines.join('\n') + report);
    const { seconds, connections = 64 } = options;
    const output = await run(
      onCore(cores.load, {
        program: 'wrk',
        args: ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url + request.path],
      }),
    );
    const found = JSON.parse(output.trim().split('\n').at(-1)!) as WrkReport;
    return { ...found, failed: found.broken + notAsAsked(request, found.requests, found.refused) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface AutocannonReport {
  readonly requests: { readonly total: number };
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly non2xx: number;
  readonly errors: number;
}

async function autocannon(url: string, request: LoadRequest, options: LoadOptions): Promise<LoadResult> {
  const { seconds, connections = 64 } = options;
  const body = request.body === undefined ? [] : ['-H', 'content-type=application/json', '-b', request.body];
  const program = join(import.meta.dirname, '../node_modules/.bin/autocannon');
  const args = ['--json', '-c', String(connections), '-d', String(seconds), '-m', request.method, ...body];
  const found = JSON.parse(
    await run(onCore(cores.load, { program, args: [...args, url + request.path] })),
  ) as AutocannonReport;
  const { p50, p99 } = found.latency;
  const requests = found.requests.total;
  const failed = found.errors + notAsAsked(request, requests, found.non2xx);
  return { requests, perSecond: requests / found.duration, p50, p99, failed, late: 0 };
}
