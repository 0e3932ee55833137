--- What every script is called with, and the keys of the ledger, all under one prefix (ARGV[1]; ARGV[2] is the caller's time). Where a transport
--- has a `layout`, that comes last in ARGV; what stands between are the arguments of the step, which `arg` and `number` read one after the other.
---
--- t:<id> hash of a task, whose `body` is what never changes · all ids by arrival · seq the last number in `all` · due ids by time · expiring ids
--- by time · done:<state> ids by end · workers workers by the end of their lease · leases their length · w:<worker> ids that they run · uq:<key> id
--- that holds a unique key · dep:<id> ids that wait for it · logs:<id> · counts tasks by queue and state · outgoing notes by time ·
--- starts:<queue> starts by time · slots last slot of each schedule
local P, now = ARGV[1], tonumber(ARGV[2])
local call = redis.call
local at = 2
local function arg() at = at + 1; return ARGV[at] end
local function number() return tonumber(arg()) end
local function key(id) return P .. 't:' .. id end
