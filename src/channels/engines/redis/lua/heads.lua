--- Tells where streams stand.
--- Keys: log, e:, i:, floors, ended, gone
--- Arguments: of the log (see `current_log`), n, n × stream
--- Answer: the log, the moment, and for each stream its floor, the place of its last event or 0, and whether it has events (1 or 0)
--- @include log, place, floor
local answer = { current_log(), moment() }
for _ = 1, number() do
  local stream = arg()
  -- The ids, since an event itself may be long.
  local last = call('ZREVRANGE', key('i:', stream), 0, 0, 'WITHSCORES')
  answer[#answer + 1] = floor_of(stream)
  answer[#answer + 1] = tonumber(last[2] or 0)
  answer[#answer + 1] = call('EXISTS', key('e:', stream))
end
return answer
