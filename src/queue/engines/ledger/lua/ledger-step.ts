// Written by scripts/write-lua.ts: a step is a file of Lua beside it.
export type LedgerStep = 'cancel' | 'describe' | 'enqueue' | 'finish' | 'heartbeat' | 'leave' | 'logs' | 'maintain' | 'progress' | 'prune' | 'retry' | 'room' | 'sent' | 'slot' | 'start';
