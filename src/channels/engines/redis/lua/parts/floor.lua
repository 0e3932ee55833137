--- floor_of(stream): the place up to which its events are gone; of a stream that nothing is known of, the highest one of all such.
local function floor_of(stream)
  local floor = call('ZSCORE', P .. 'floors', stream) or call('ZSCORE', P .. 'ended', stream)
  if floor then return tonumber(floor) end
  if call('EXISTS', key('e:', stream)) == 1 then return 0 end
  return tonumber(call('GET', P .. 'gone') or 0)
end
