// Written by scripts/write-lua.ts from the files of Lua beside it: change those, and run it.
const lua = {
  'arguments': `local P = ARGV[1]
local call = redis.call
local at = 1
local function arg() at = at + 1; return ARGV[at] end
local function number() return tonumber(arg()) end
local function key(kind, name) return P .. kind .. name end
`,
  'time': `local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`,
  'forget-process': `local function forget_process(process)
  local members = call('HGETALL', key('w:', process))
  for i = 1, #members, 2 do call('HDEL', key('m:', members[i + 1]), members[i]) end
  call('DEL', key('w:', process))
  call('ZREM', P .. 'processes', process)
end
`,
  'floor': `local function floor_of(stream)
  local floor = call('ZSCORE', P .. 'floors', stream) or call('ZSCORE', P .. 'ended', stream)
  if floor then return tonumber(floor) end
  if call('EXISTS', key('e:', stream)) == 1 then return 0 end
  return tonumber(call('GET', P .. 'gone') or 0)
end
`,
  'place': `local function moment() return milliseconds() * 1000 end
local function text(place) return string.format('%.0f', place) end
`,
  'has': `local function has(stream, place)
  return #call('XRANGE', key('e:', stream), text(place), text(place)) > 0
end
`,
  'log': `local function current_log()
  local log = call('GET', P .. 'log')
  local fresh, seen, stream, place = arg(), arg(), arg(), number()
  if log and seen == log and place > floor_of(stream) and not has(stream, place) then log = false end
  if log then return log end
  call('SET', P .. 'log', fresh)
  return fresh
end
`,
};

export const channelScripts: Readonly<Record<'beat' | 'enter' | 'farewell' | 'heads' | 'leave' | 'present' | 'publish' | 'read' | 'trim', string>> = {
  'beat': lua['arguments'] + lua['time'] + lua['forget-process'] + `local process, timeout = arg(), number()
local now = milliseconds()
local silent = call('ZRANGEBYSCORE', P .. 'processes', '-inf', now, 'LIMIT', 0, 20)
for _, one in ipairs(silent) do forget_process(one) end
return 1 - call('ZADD', P .. 'processes', now + timeout, process)
`,
  'enter': lua['arguments'] + `local process = arg()
if not call('ZSCORE', P .. 'processes', process) then return end
for _ = 1, number() do
  local id, stream, data = arg(), arg(), arg()
  call('HSETNX', key('m:', stream), id, process .. '\\n' .. data)
  call('HSET', key('w:', process), id, stream)
end
`,
  'farewell': lua['arguments'] + lua['forget-process'] + `forget_process(arg())
`,
  'heads': lua['arguments'] + lua['floor'] + lua['time'] + lua['place'] + lua['has'] + lua['log'] + `local answer = { current_log(), moment() }
for _ = 1, number() do
  local stream = arg()
  local last = call('ZREVRANGE', key('i:', stream), 0, 0, 'WITHSCORES')
  answer[#answer + 1] = floor_of(stream)
  answer[#answer + 1] = tonumber(last[2] or 0)
  answer[#answer + 1] = call('EXISTS', key('e:', stream))
end
return answer
`,
  'leave': lua['arguments'] + `local process = arg()
for _ = 1, number() do
  local id = arg()
  local stream = call('HGET', key('w:', process), id)
  if stream then
    call('HDEL', key('m:', stream), id)
    call('HDEL', key('w:', process), id)
  end
end
`,
  'present': lua['arguments'] + lua['time'] + `local members, now = call('HGETALL', key('m:', arg())), milliseconds()
local lives, answer = {}, {}
for i = 1, #members, 2 do
  local process, data = string.match(members[i + 1], '^(.-)\\n(.*)\$')
  if lives[process] == nil then lives[process] = tonumber(call('ZSCORE', P .. 'processes', process) or 0) > now end
  if lives[process] then
    answer[#answer + 1] = members[i]
    answer[#answer + 1] = data
  end
end
return answer
`,
  'publish': lua['arguments'] + lua['floor'] + lua['time'] + lua['place'] + lua['has'] + lua['log'] + `local log = current_log()
local now, last = moment(), tonumber(call('GET', P .. 'last') or 0)
local streams, told, newest = {}, {}, ''
for _ = 1, number() do
  local channel, stream, id, data = arg(), arg(), arg(), arg()
  local ids = key('i:', stream)
  if not call('ZSCORE', ids, id) then
    last = math.max(last + 1, now)
    local is_first = call('EXISTS', key('e:', stream)) == 0
    local floor = is_first and floor_of(stream) or 0
    call('XADD', key('e:', stream), text(last) .. '-0', 'i', id, 'd', data)
    call('ZADD', ids, text(last), id)
    if is_first then
      if floor > 0 then call('ZADD', P .. 'floors', text(floor), stream) end
      call('ZREM', P .. 'ended', stream)
      call('PERSIST', ids)
      call('ZADD', key('c:', channel), text(last), stream)
    end
    if not told[stream] then streams[#streams + 1] = stream end
    told[stream], newest = true, stream
  end
end
if newest == '' then return { log, '', 0 } end
call('SET', P .. 'last', text(last))
call('PUBLISH', P .. 'alarm', table.concat(streams, '\\n'))
return { log, newest, last }
`,
  'read': lua['arguments'] + lua['floor'] + lua['time'] + lua['place'] + lua['has'] + lua['log'] + `local log = current_log()
local stream, after, limit = arg(), number(), number()
local floor = floor_of(stream)
local is_unknown = after > floor and not has(stream, after)
local events = call('XRANGE', key('e:', stream), text(after + 1), '+', 'COUNT', limit)
return { log, moment(), floor, is_unknown and 1 or 0, events }
`,
  'trim': lua['arguments'] + lua['time'] + lua['place'] + lua['floor'] + `local channel, age, most, count = arg(), number(), number(), number()
local now, dropped = moment(), 0
local quarter, week, most_ids = 900, 604800 * 1000000, 100000
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
`,
};
