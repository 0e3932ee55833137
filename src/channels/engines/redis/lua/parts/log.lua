--- current_log(): the log that places belong to. It becomes another one when there is none, or when an event is not there that the caller has seen in
--- it, and that cannot have been dropped: Redis has lost data. Reads four arguments: a text for a new log, and the log, stream and place of that event.
--- @include floor, has
local function current_log()
  local log = call('GET', P .. 'log')
  local fresh, seen, stream, place = arg(), arg(), arg(), number()
  if log and seen == log and place > floor_of(stream) and not has(stream, place) then log = false end
  if log then return log end
  call('SET', P .. 'log', fresh)
  return fresh
end
