--- Keeps events, all that it has not taken before, and tells of them.
--- Keys: log, last, e:, i:, floors, ended, gone, c:, alarm
--- Arguments: of the log (see `current_log`), n, n × channel, stream, id, data
--- Answer: the log, the stream and the place of the last event that was new, or '' and 0
--- @include log, place, floor
local log = current_log()
local now, last = moment(), tonumber(call('GET', P .. 'last') or 0)
local streams, told, newest = {}, {}, ''
for _ = 1, number() do
  local channel, stream, id, data = arg(), arg(), arg(), arg()
  local ids = key('i:', stream)
  if not call('ZSCORE', ids, id) then
    last = math.max(last + 1, now)
    local is_first = call('EXISTS', key('e:', stream)) == 0
    local floor = is_first and floor_of(stream) or 0
    -- The first write is one that Redis refuses when it has no memory left, before anything has changed.
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
call('PUBLISH', P .. 'alarm', table.concat(streams, '\n'))
return { log, newest, last }
