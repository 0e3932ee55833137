--- Counts a part of a chord. One that ran twice counts once, also when its results differ.
--- Keys: chord:<group>, and in the database of the results celery-taskset-meta-<group> .j, .s and .t
--- Arguments: group, id, index, member, expires (ms)
--- Answer: all members once the last part of the chord is there
--- @include in-backend
local group, id, index, member, expires = arg(), arg(), arg(), arg(), number()
local base = G .. 'celery-taskset-meta-' .. group
local parts, own = base .. '.j', P .. 'chord:' .. group
local before = call('HGET', own, id)
call('HSET', own, id, member)
call('PEXPIRE', own, expires)
return { in_backend(function()
  if before and before ~= member then call('ZREM', parts, before) end
  call('ZADD', parts, index, member)
  call('PEXPIRE', parts, expires)
  local size = tonumber(call('GET', base .. '.s'))
  local more = tonumber(call('GET', base .. '.t') or 0)
  if size and call('ZCARD', parts) == size + more then return call('ZRANGE', parts, 0, -1) end
  return {}
end), {} }
