--- What every script is called with: the prefix of all keys (ARGV[1]), and the arguments of the step, which `arg` and `number` read one after
--- the other. A place is a number of 16 digits, so it is made a text by `text` alone: Lua and Redis would round it.
---
--- log a text that is another one when places mean something else · last the place that was given last · e:<stream> its events, a stream of Redis
--- by place · i:<stream> ids of its events by place, also of some that are gone · floors streams with events by the place up to which they are
--- gone · ended streams without events by the place of their last one · gone the highest place of streams that nothing is known of any more ·
--- c:<channel> streams with events by the place of their oldest · processes processes by the time until which they are believed to live ·
--- m:<stream> hash of members · w:<process> hash of the streams of its members · alarm a channel of Redis
local P = ARGV[1]
local call = redis.call
local at = 1
local function arg() at = at + 1; return ARGV[at] end
local function number() return tonumber(arg()) end
local function key(kind, name) return P .. kind .. name end
