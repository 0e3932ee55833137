/** Time that is not spent in this project's own code, or in one pass of it over half a million members. */
export interface SlowElsewhere {
  readonly kind: string;
  readonly name: RegExp;
  /** Milliseconds of the main thread's processor that it may take, on a machine that does other things as well. */
  readonly ms: number;
  /** Whose work it is. */
  readonly whose: string;
}

/** All inputs that may take longer than others. */
export const slowElsewhere: readonly SlowElsewhere[] = [
  {
    kind: 'json',
    name: /\bchain (?:without its names, (?:2\d\d|511)|without names over a large value, 400)/,
    ms: 600,
    whose: 'Zod: the issues of a model that holds itself are copied at each of up to 512 levels',
  },
  {
    kind: 'json',
    name: /\bMB of .* to (?:lax )?any$/,
    ms: 3000,
    whose: 'Zod: z.json() tries six alternatives for each value',
  },
  {
    kind: 'json',
    name: /\bMB of .*(?:values|keys|record)/,
    ms: 800,
    whose: 'V8: objects of 80,000 keys, which Zod copies',
  },
  {
    kind: 'json',
    name: /\bMB of .*(?:items|nulls|objects|texts|lists|list inside)/,
    ms: 400,
    whose: 'Zod: one run for each of up to 500,000 members',
  },
  {
    kind: 'json',
    name: /\bMB of (?:levels|open|digits|half|escapes|large integers)/,
    ms: 400,
    whose: 'V8: JSON.parse',
  },
  {
    kind: 'tasks',
    name: /secret of many values/,
    ms: 600,
    whose: 'Zod: z.json() tries six alternatives for each value',
  },
  // 2 MB that the handler makes without waiting.
  { kind: 'streams', name: /count=20000/, ms: 400, whose: 'the handler: 20,000 items' },
  { kind: 'framing', name: /^chunks 3[01] to|^chunks 1[78]/, ms: 100, whose: 'Node: the parser' },
  // Floods that end in a closed session, in the library that speaks the protocol.
  { kind: 'http2', name: /.*/, ms: 250, whose: 'Node: nghttp2' },
];
