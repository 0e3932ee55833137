import type { Rule } from '../../base/check-values.ts';

const name = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;
const ipv6 = /^\[?[0-9a-f:]*:[0-9a-f:.]*\]?$/i;

/** The hosts of an app: `*`, names, `*.` before a name, and addresses; without a port. */
export const hostsRule: Rule = {
  wanted: "an array of hosts, ['example.com', '*.example.com'], without ports",
  fits: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((host) => host === '*' || (typeof host === 'string' && (name.test(host) || ipv6.test(host)))),
};

/** The parts of a `host` header. */
export interface HostParts {
  readonly name: string;
  readonly port: string;
}

const hostShape = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{0,5}))?$/;

/** The parts of a `host`; `undefined` for what is none, `good.example@evil.example` for example. */
export function parseHost(host: string): HostParts | undefined {
  const parts = hostShape.exec(host.toLowerCase());
  return parts === null ? undefined : { name: parts[1]!, port: parts[2] ?? '' };
}

/** Whether a name is one of some hosts, each exact or with `*.` before it. */
export function allowing(hosts: readonly string[]): (name: string) => boolean {
  const lower = hosts.map((host) => host.toLowerCase());
  const exact = new Set(lower.map((host) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)));
  const ends = lower.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return (asked) => exact.has(asked) || ends.some((end) => asked.endsWith(end) && asked.length > end.length);
}
