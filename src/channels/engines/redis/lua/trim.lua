--- Drops what is kept too long of a channel, the oldest of each stream first.
--- Keys: e:, i:, floors, ended, gone, c:
--- Arguments: channel, how old events may be in milliseconds or -1, most events to drop, how many of a stream may be kept or -1, n, n × stream
--- Answer: how many were dropped
--- @include place, floor
local channel, age, most, count = arg(), number(), number(), number()
local now, dropped = moment(), 0
local quarter, week, most_ids = 900, 604800 * 1000000, 100000

-- Ids of events that are gone stay a while, since an outbox may hand an event on again.
local function forget_ids(ids, floor)
  call('ZREMRANGEBYSCORE', ids, '-inf', text(math.min(floor, now - quarter * 1000000)))
  local surplus = call('ZCOUNT', ids, '-inf', text(floor)) - most_ids
  if surplus > 0 then call('ZREMRANGEBYRANK', ids, 0, surplus - 1) end
end

local function cut(stream, upto)
  local events, ids, before = key('e:', stream), key('i:', stream), floor_of(stream)
  dropped = dropped + call('XTRIM', events, 'MINID', text(upto + 1))
  local last = call('ZREVRANGEBYSCORE', ids, text(upto), '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local floor = math.max(before, tonumber(last[2] or upto))
  forget_ids(ids, floor)
  if call('XLEN', events) == 0 then
    call('DEL', events)
    call('ZREM', P .. 'floors', stream)
    call('ZADD', P .. 'ended', text(floor), stream)
    call('ZREM', key('c:', channel), stream)
    call('EXPIRE', ids, quarter)
  else
    call('ZADD', P .. 'floors', text(floor), stream)
    local first = call('ZRANGEBYSCORE', ids, '(' .. text(floor), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    call('ZADD', key('c:', channel), first[2] or text(now), stream)
  end
end

-- The place of the n-th event that is kept.
local function nth(stream, n)
  local from = '(' .. text(floor_of(stream))
  return tonumber(call('ZRANGEBYSCORE', key('i:', stream), from, '+inf', 'WITHSCORES', 'LIMIT', n - 1, 1)[2])
end

if age >= 0 then
  local old = now - age * 1000 - 1
  for _, stream in ipairs(call('ZRANGEBYSCORE', key('c:', channel), '-inf', text(old), 'LIMIT', 0, 100)) do
    if dropped < most then cut(stream, math.min(old, nth(stream, most - dropped) or old)) end
  end
end
for _ = 1, number() do
  local stream = arg()
  local surplus = count >= 0 and math.min(call('XLEN', key('e:', stream)) - count, most - dropped) or 0
  local upto = surplus > 0 and nth(stream, surplus)
  if upto then cut(stream, upto) end
end
local forgotten = call('ZRANGEBYSCORE', P .. 'ended', '-inf', text(now - week), 'WITHSCORES', 'LIMIT', 0, 100)
if #forgotten > 0 then
  call('SET', P .. 'gone', text(math.max(tonumber(call('GET', P .. 'gone') or 0), tonumber(forgotten[#forgotten]))))
  for i = 1, #forgotten, 2 do call('ZREM', P .. 'ended', forgotten[i]) end
end
return dropped
