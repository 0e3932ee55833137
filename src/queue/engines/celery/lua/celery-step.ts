// Written by scripts/write-lua.ts: a step is a file of Lua beside it.
export type CeleryStep = 'answered' | 'chord' | 'expect' | 'identify' | 'observe' | 'promote' | 'revoke' | 'revoked' | 'send' | 'unanswered';
