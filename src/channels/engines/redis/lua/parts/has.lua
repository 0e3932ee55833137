--- has(stream, place): whether the event of a place is kept.
--- @include place
local function has(stream, place)
  return #call('XRANGE', key('e:', stream), text(place), text(place)) > 0
end
